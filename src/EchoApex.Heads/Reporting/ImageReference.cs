using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Heads.Reporting;

/// <summary>Frames of an image.</summary>
/// <param name="Image">The image.</param>
/// <param name="Frame">The frame, from 1; null for all.</param>
internal sealed record ImageReference(DicomReference Image, int? Frame);
