using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using OpenCvSharp;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Cuts a box out of a picture, turns it, and resizes it to a square; only the pixels of the box are touched. Outside the
/// sector the result is 0, inside 1 to 255.
/// </summary>
internal static unsafe class CropResampler
{
    /// <param name="image">The source picture.</param>
    /// <param name="box">The box to cut.</param>
    /// <param name="degrees">Rotation of the content, counter-clockwise.</param>
    /// <param name="interpolation">Resampling.</param>
    /// <param name="size">Side of the result.</param>
    /// <param name="destination">size x size bytes.</param>
    public static void Resample(SectorImage image, CropBox box, double degrees, Interpolation interpolation, int size, Span<byte> destination)
    {
        if (destination.Length < size * size)
        {
            throw new ArgumentException($"A crop of side {size} needs {size * size} bytes, got {destination.Length}.", nameof(destination));
        }

        fixed (byte* source = image.Pixels.Span)
        fixed (byte* target = destination)
        {
            using var whole = Mat.FromPixelData(image.Height, image.Width, MatType.CV_8UC1, (nint)source);
            using var crop = degrees == 0 ? new Mat(whole, new Rect(box.X, box.Y, box.Width, box.Height)) : Rotate(whole, box, degrees);
            using var output = Mat.FromPixelData(size, size, MatType.CV_8UC1, (nint)target);
            bool grows = size > crop.Width || size > crop.Height;
            if (!grows || interpolation != Interpolation.Cubic)
            {
                var flags = interpolation == Interpolation.Bilinear || grows ? InterpolationFlags.Linear : InterpolationFlags.Area;
                using var narrowed = grows && interpolation != Interpolation.Bilinear ? ShrinkLongerAxis(crop, size) : null;
                Cv2.Resize(narrowed ?? crop, output, new Size(size, size), 0, 0, flags);
                return;
            }

            using var shrunk = ShrinkLongerAxis(crop, size);
            Cv2.Resize(shrunk ?? crop, output, new Size(size, size), 0, 0, InterpolationFlags.Cubic);
            RestoreMask(shrunk ?? crop, size, destination);
        }
    }

    // A box that shrinks along one axis and grows along the other is first averaged along the shrinking axis.
    private static Mat? ShrinkLongerAxis(Mat crop, int size)
    {
        if (crop.Width <= size && crop.Height <= size)
        {
            return null;
        }

        var result = new Mat();
        Cv2.Resize(crop, result, new Size(Math.Min(crop.Width, size), Math.Min(crop.Height, size)), 0, 0, InterpolationFlags.Area);
        return result;
    }

    private static Mat Rotate(Mat whole, CropBox box, double degrees)
    {
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        double sourceX = box.X + ((box.Width - 1) / 2.0);
        double sourceY = box.Y + ((box.Height - 1) / 2.0);
        double targetX = (box.Width - 1) / 2.0;
        double targetY = (box.Height - 1) / 2.0;

        // Maps a pixel of the result to the source; rows run downwards, so a counter-clockwise turn has this sign.
        double[] map =
        [
            cos, -sin, sourceX - (cos * targetX) + (sin * targetY),
            sin, cos, sourceY - (sin * targetX) - (cos * targetY),
        ];
        using var matrix = Mat.FromPixelData(2, 3, MatType.CV_64FC1, map);
        var result = new Mat();
        Cv2.WarpAffine(whole, result, matrix, new Size(box.Width, box.Height), InterpolationFlags.Linear | InterpolationFlags.WarpInverseMap, BorderTypes.Constant, Scalar.All(0));
        return result;
    }

    // A cubic filter overshoots: dark sector pixels may fall to 0 and the rim may spill outwards.
    private static void RestoreMask(Mat crop, int size, Span<byte> destination)
    {
        using var nearest = new Mat();
        Cv2.Resize(crop, nearest, new Size(size, size), 0, 0, InterpolationFlags.Nearest);
        var mask = new ReadOnlySpan<byte>((void*)nearest.Data, size * size);
        for (int i = 0; i < mask.Length; i++)
        {
            destination[i] = mask[i] == 0 ? (byte)0 : Math.Max(destination[i], (byte)1);
        }
    }
}
