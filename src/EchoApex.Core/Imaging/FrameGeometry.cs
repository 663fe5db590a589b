namespace EchoApex.Core.Imaging;

/// <summary>
/// How a place in a clip's frame and a place in the network's square input belong together: crop, scale and border of a
/// <see cref="Preprocessing"/>. Coordinates are in pixels; the centre of the first pixel is 0.
/// </summary>
/// <param name="OriginX">Left edge of the crop in the frame, in pixels.</param>
/// <param name="OriginY">Top edge of the crop in the frame.</param>
/// <param name="ScaleX">Input pixels to a frame pixel, across.</param>
/// <param name="ScaleY">Input pixels to a frame pixel, down.</param>
/// <param name="Left">Columns of border at the input's left.</param>
/// <param name="Top">Rows of border at the input's top.</param>
public readonly record struct FrameGeometry(double OriginX, double OriginY, double ScaleX, double ScaleY, double Left, double Top)
{
    /// <summary>The place in the input of a place in the frame.</summary>
    public (double X, double Y) ToInput(double x, double y) =>
        (((x + .5 - OriginX) * ScaleX) + Left - .5, ((y + .5 - OriginY) * ScaleY) + Top - .5);

    /// <summary>The place in the frame of a place in the input.</summary>
    public (double X, double Y) ToFrame(double x, double y) =>
        (((x + .5 - Left) / ScaleX) + OriginX - .5, ((y + .5 - Top) / ScaleY) + OriginY - .5);

    /// <summary>The size of an input pixel, from the size of a frame pixel; null where that is unknown.</summary>
    public PixelSpacing? ToInput(PixelSpacing? frameSpacing) =>
        frameSpacing is null ? null : new PixelSpacing(frameSpacing.XMm / ScaleX, frameSpacing.YMm / ScaleY);
}
