using EchoApex.Core.Imaging;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>The frames of a DICOM object.</summary>
/// <param name="Frames">Where they are.</param>
/// <param name="FramesPerSecond">The rate that a video stream gives; null elsewhere.</param>
internal sealed record DicomPicture(IFrameStore Frames, double? FramesPerSecond);
