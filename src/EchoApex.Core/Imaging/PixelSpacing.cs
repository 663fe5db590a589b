namespace EchoApex.Core.Imaging;

/// <summary>Physical size of a pixel in millimetres. The two axes may differ; an unknown spacing is a null, never 1.0.</summary>
/// <param name="XMm">Width of a pixel in mm, positive.</param>
/// <param name="YMm">Height of a pixel in mm, positive.</param>
public sealed record PixelSpacing(double XMm, double YMm);
