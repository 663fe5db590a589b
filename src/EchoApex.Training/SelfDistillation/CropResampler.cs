using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Augmentation;
using OpenCvSharp;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Cuts a box out of a picture, turns it, and resizes it to a square; only the pixels of the box are touched. Outside the
/// sector the result is 0, inside 1 to 255. Cubic is the antialiased filter of the references; the others are OpenCV's.
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

        if (interpolation == Interpolation.Cubic && degrees == 0)
        {
            ResizeCubic(image.Pixels.Span, image.Height, image.Width, box, size, destination);
            return;
        }

        fixed (byte* source = image.Pixels.Span)
        fixed (byte* target = destination)
        {
            using var whole = Mat.FromPixelData(image.Height, image.Width, MatType.CV_8UC1, (nint)source);
            using var crop = degrees == 0 ? new Mat(whole, new Rect(box.X, box.Y, box.Width, box.Height)) : Rotate(whole, box, degrees);
            if (interpolation == Interpolation.Cubic)
            {
                ResizeCubic(new ReadOnlySpan<byte>((void*)crop.Data, box.Width * box.Height), box.Height, box.Width, box with { X = 0, Y = 0 }, size, destination);
                return;
            }

            using var output = Mat.FromPixelData(size, size, MatType.CV_8UC1, (nint)target);
            bool grows = size > crop.Width || size > crop.Height;
            var flags = interpolation == Interpolation.Bilinear || grows ? InterpolationFlags.Linear : InterpolationFlags.Area;
            using var narrowed = grows && interpolation != Interpolation.Bilinear ? ShrinkLongerAxis(crop, size) : null;
            Cv2.Resize(narrowed ?? crop, output, new Size(size, size), 0, 0, flags);
        }
    }

    private static void ResizeCubic(ReadOnlySpan<byte> source, int height, int width, CropBox box, int size, Span<byte> destination)
    {
        BicubicResampler.ResizedCrop(source, height, width, 1, box.Y, box.X, box.Height, box.Width, destination, size, size);
        RestoreMask(source, width, box, size, destination);
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

    // A cubic filter overshoots and mixes: dark sector pixels may fall to 0 and the rim may spill outwards. A pixel belongs
    // to the sector if the source pixel under its centre does.
    private static void RestoreMask(ReadOnlySpan<byte> source, int width, CropBox box, int size, Span<byte> destination)
    {
        Span<int> columns = size <= 1024 ? stackalloc int[size] : new int[size];
        for (int x = 0; x < size; x++)
        {
            columns[x] = (int)(((2L * x) + 1) * box.Width / (2L * size));
        }

        for (int y = 0; y < size; y++)
        {
            int row = box.Y + (int)(((2L * y) + 1) * box.Height / (2L * size));
            var from = source.Slice((row * width) + box.X, box.Width);
            var to = destination.Slice(y * size, size);
            for (int x = 0; x < to.Length; x++)
            {
                to[x] = from[columns[x]] == 0 ? (byte)0 : Math.Max(to[x], (byte)1);
            }
        }
    }
}
