using System.Numerics;
using System.Runtime.InteropServices;
using OpenCvSharp;

namespace EchoApex.Core.Imaging;

/// <summary>Operations on frames of bytes, row by row, channels interleaved; by OpenCV, without copies of their input.</summary>
public static unsafe class FrameOperations
{
    /// <summary>
    /// Keeps OpenCV to the calling thread. Loader workers call it once: each of them is a thread already. It holds for the
    /// whole process.
    /// </summary>
    public static void UseCallingThreadOnly() => Cv2.SetNumThreads(1);

    /// <summary>Luma of red, green, blue: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded.</summary>
    /// <param name="rgb">3 bytes a pixel.</param>
    /// <param name="gray">Receives 1 byte a pixel.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void ToGray(ReadOnlySpan<byte> rgb, Span<byte> gray)
    {
        int pixels = rgb.Length / 3;
        if (rgb.Length != 3 * pixels || gray.Length < pixels)
        {
            throw new ArgumentException($"{rgb.Length} bytes of colour need {pixels} bytes of gray, got {gray.Length}.", nameof(gray));
        }

        if (pixels == 0)
        {
            return;
        }

        fixed (byte* from = rgb)
        fixed (byte* to = gray)
        {
            using var color = Mat.FromPixelData(1, pixels, MatType.CV_8UC3, (nint)from);
            using var result = Mat.FromPixelData(1, pixels, MatType.CV_8UC1, (nint)to);
            Cv2.CvtColor(color, result, ColorConversionCodes.RGB2GRAY);
        }
    }

    /// <summary>Sum of the absolute differences of two frames of equal size.</summary>
    internal static long TotalChange(ReadOnlySpan<byte> before, ReadOnlySpan<byte> now)
    {
        long change = 0;
        var many = MemoryMarshal.Cast<byte, Vector<byte>>(before);
        var others = MemoryMarshal.Cast<byte, Vector<byte>>(now);
        var sum = Vector<uint>.Zero;
        for (int i = 0; i < many.Length; i++)
        {
            Vector.Widen(Vector.Max(many[i], others[i]) - Vector.Min(many[i], others[i]), out var low, out var high);
            Vector.Widen(low + high, out var first, out var second);
            sum += first + second;
        }

        // A lane holds what 2^26 pixels can add, their sum would not.
        for (int lane = 0; lane < Vector<uint>.Count; lane++)
        {
            change += sum[lane];
        }

        for (int i = many.Length * Vector<byte>.Count; i < now.Length; i++)
        {
            change += Math.Abs(now[i] - before[i]);
        }

        return change;
    }

    /// <summary>Resizes a picture.</summary>
    /// <param name="source">height x width x channels bytes.</param>
    /// <param name="height">Rows of the source.</param>
    /// <param name="width">Columns of the source.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="destination">Receives newHeight x newWidth x channels bytes.</param>
    /// <param name="newHeight">Rows of the result.</param>
    /// <param name="newWidth">Columns of the result.</param>
    /// <param name="interpolation">How pixels are resampled.</param>
    /// <exception cref="ArgumentException">A length does not fit the sizes.</exception>
    public static void Resize(ReadOnlySpan<byte> source, int height, int width, int channels, Span<byte> destination, int newHeight, int newWidth, Interpolation interpolation)
    {
        // Area is a mean over source pixels: where the picture grows, there is less than one to take it over.
        bool grows = newHeight > height || newWidth > width;
        var flags = interpolation switch
        {
            Interpolation.Area => grows ? InterpolationFlags.Linear : InterpolationFlags.Area,
            Interpolation.Bilinear => InterpolationFlags.Linear,
            Interpolation.Cubic => InterpolationFlags.Cubic,
            _ => throw new ArgumentOutOfRangeException(nameof(interpolation), interpolation, "Unknown interpolation."),
        };
        Resize(source, height, width, channels, destination, newHeight, newWidth, flags);
    }

    /// <summary>Resizes a mask: each pixel takes its nearest neighbour's value.</summary>
    internal static void ResizeMask(ReadOnlySpan<byte> source, int height, int width, Span<byte> destination, int newHeight, int newWidth) =>
        Resize(source, height, width, 1, destination, newHeight, newWidth, InterpolationFlags.Nearest);

    /// <summary>
    /// Resizes a map of labels: each pixel takes the value under its centre. Unlike <see cref="ResizeMask"/> the result is not
    /// shifted against a picture that was resized beside it.
    /// </summary>
    internal static void ResizeLabels(ReadOnlySpan<byte> source, int height, int width, Span<byte> destination, int newHeight, int newWidth)
    {
        for (int row = 0; row < newHeight; row++)
        {
            var from = source.Slice((int)((((2L * row) + 1) * height) / (2L * newHeight)) * width, width);
            var to = destination.Slice(row * newWidth, newWidth);
            for (int column = 0; column < newWidth; column++)
            {
                to[column] = from[(int)((((2L * column) + 1) * width) / (2L * newWidth))];
            }
        }
    }

    private static void Resize(ReadOnlySpan<byte> source, int height, int width, int channels, Span<byte> destination, int newHeight, int newWidth, InterpolationFlags flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(newHeight);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(newWidth);
        if (channels is not (1 or 3) || source.Length < (long)height * width * channels || destination.Length < (long)newHeight * newWidth * channels)
        {
            throw new ArgumentException($"{source.Length} bytes to {destination.Length} cannot be resized from {height} x {width} x {channels} to {newHeight} x {newWidth} x {channels}.", nameof(source));
        }

        var type = channels == 1 ? MatType.CV_8UC1 : MatType.CV_8UC3;
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            using var picture = Mat.FromPixelData(height, width, type, (nint)from);
            using var result = Mat.FromPixelData(newHeight, newWidth, type, (nint)to);
            Cv2.Resize(picture, result, new Size(newWidth, newHeight), 0, 0, flags);
        }
    }
}
