using System.Runtime.Intrinsics;
using EchoApex.Core.Datasets;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// How deep under the probe a pixel of a crop lies: its distance in the source picture from the middle of the sector's first
/// row, in heights of the picture. A place of the crop leads to the source by a turn and a scale.
/// </summary>
internal readonly struct DepthMap
{
    private readonly float _x, _xAcross, _xDown, _y, _yAcross, _yDown;

    /// <param name="image">The source picture.</param>
    /// <param name="box">The crop's box.</param>
    /// <param name="degrees">The rotation of the content, counter-clockwise.</param>
    /// <param name="flipped">Whether the crop was mirrored after that.</param>
    /// <param name="size">Side of the crop.</param>
    public DepthMap(SectorImage image, CropBox box, double degrees, bool flipped, int size)
    {
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        (double apexX, double apexY) = Apex(image);
        double unit = 1.0 / image.Height;

        // From the middle of the crop, in pixels of the box; then turned, moved to the box, and measured from the apex.
        double across = (flipped ? -1.0 : 1.0) * box.Width / size;
        double down = (double)box.Height / size;
        double middle = (size - 1) / 2.0;
        (double xAcross, double xDown) = (cos * across, -sin * down);
        (double yAcross, double yDown) = (sin * across, cos * down);
        double x = box.X + ((box.Width - 1) / 2.0) - apexX - (middle * (xAcross + xDown));
        double y = box.Y + ((box.Height - 1) / 2.0) - apexY - (middle * (yAcross + yDown));
        (_x, _xAcross, _xDown) = ((float)(x * unit), (float)(xAcross * unit), (float)(xDown * unit));
        (_y, _yAcross, _yDown) = ((float)(y * unit), (float)(yAcross * unit), (float)(yDown * unit));
    }

    /// <summary>The depths of eight neighbours of a row.</summary>
    /// <param name="columns">Their columns in the crop.</param>
    /// <param name="row">Their row in the crop.</param>
    public Vector256<float> At(Vector256<float> columns, int row)
    {
        var x = (columns * _xAcross) + Vector256.Create(_x + (row * _xDown));
        var y = (columns * _yAcross) + Vector256.Create(_y + (row * _yDown));
        return Vector256.Sqrt((x * x) + (y * y));
    }

    private static (double X, double Y) Apex(SectorImage image)
    {
        var pixels = image.Pixels.Span;
        int first = pixels.IndexOfAnyExcept((byte)0);
        if (first < 0)
        {
            return (image.Width / 2.0, 0);
        }

        int row = first / image.Width;
        int last = pixels.Slice(row * image.Width, image.Width).LastIndexOfAnyExcept((byte)0);
        return (((first % image.Width) + last) / 2.0, row);
    }
}
