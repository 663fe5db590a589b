namespace EchoApex.Core.Imaging;

/// <summary>
/// One calibrated region of an ultrasound frame, as DICOM's Sequence of Ultrasound Regions (PS3.3 C.8.5.5) gives it,
/// clamped to the frame.
/// </summary>
/// <param name="X">Left edge in pixels, inclusive.</param>
/// <param name="Y">Top edge in pixels, inclusive.</param>
/// <param name="Width">Width in pixels, positive.</param>
/// <param name="Height">Height in pixels, positive.</param>
/// <param name="Kind">What the region shows.</param>
/// <param name="Spacing">Spacing in mm when both axes are lengths, else null.</param>
public sealed record UltrasoundRegion(int X, int Y, int Width, int Height, RegionKind Kind, PixelSpacing? Spacing);
