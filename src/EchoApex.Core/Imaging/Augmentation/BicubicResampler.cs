using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// Antialiased cubic resampling of 8-bit pictures, equal to the bit to Pillow's <c>resize(..., BICUBIC)</c> and so to
/// torchvision's <c>resized_crop</c> of the references (Pillow libImaging/Resample.c): along the rows first, then along the
/// columns, each pass in fixed point, rounded and clipped to 8 bits. Integers alone: the result is the same on every machine.
/// </summary>
public static class BicubicResampler
{
    private const int Half = 1 << (ResampleWeights.FractionBits - 1);

    /// <summary>Cuts a box out of a picture and resizes it; nothing outside the box is read.</summary>
    /// <param name="source">sourceHeight x sourceWidth x channels bytes.</param>
    /// <param name="sourceHeight">Rows of the source.</param>
    /// <param name="sourceWidth">Columns of the source.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="top">First row of the box.</param>
    /// <param name="left">First column of the box.</param>
    /// <param name="height">Rows of the box.</param>
    /// <param name="width">Columns of the box.</param>
    /// <param name="destination">Receives newHeight x newWidth x channels bytes; it must not overlap the source.</param>
    /// <param name="newHeight">Rows of the result.</param>
    /// <param name="newWidth">Columns of the result.</param>
    /// <exception cref="ArgumentException">The box leaves the picture, or a length does not fit the sizes.</exception>
    public static void ResizedCrop(ReadOnlySpan<byte> source, int sourceHeight, int sourceWidth, int channels, int top, int left, int height, int width, Span<byte> destination, int newHeight, int newWidth)
    {
        PixelBuffers.Check(source.Length, int.MaxValue, sourceHeight, sourceWidth, channels);
        PixelBuffers.Check(int.MaxValue, destination.Length, newHeight, newWidth, channels);
        if (top < 0 || left < 0 || height < 1 || width < 1 || top > sourceHeight - height || left > sourceWidth - width)
        {
            throw new ArgumentException($"The box of {height} x {width} at row {top}, column {left} does not lie in the picture of {sourceHeight} x {sourceWidth}.", nameof(top));
        }

        int stride = sourceWidth * channels;
        var box = source.Slice((top * stride) + (left * channels), ((height - 1) * stride) + (width * channels));
        byte[] rows = ArrayPool<byte>.Shared.Rent(checked(height * newWidth * channels));
        try
        {
            var narrowed = rows.AsSpan(0, height * newWidth * channels);
            ResizeRows(box, stride, height, width, channels, newWidth, narrowed);
            ResizeColumns(narrowed, height, newWidth * channels, newHeight, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rows);
        }
    }

    private static void ResizeRows(ReadOnlySpan<byte> source, int stride, int height, int width, int channels, int newWidth, Span<byte> destination)
    {
        int length = newWidth * channels;
        using var weights = ResampleWeights.Create(width, newWidth);
        for (int y = 0; y < height; y++)
        {
            var from = source.Slice(y * stride, width * channels);
            var to = destination.Slice(y * length, length);
            if (width == newWidth)
            {
                from.CopyTo(to);
            }
            else if (channels == 1)
            {
                ResizeGrayRow(from, weights, to);
            }
            else
            {
                ResizeColorRow(from, weights, to);
            }
        }
    }

    private static void ResizeGrayRow(ReadOnlySpan<byte> from, ResampleWeights weights, Span<byte> to)
    {
        (int[] first, int[] count, int[] values, int taps) = (weights.First, weights.Count, weights.Fixed, weights.Taps);
        for (int x = 0; x < to.Length; x++)
        {
            var pixels = from.Slice(first[x], count[x]);
            var factors = values.AsSpan(x * taps, pixels.Length);
            int sum = Half;
            for (int k = 0; k < pixels.Length; k++)
            {
                sum += pixels[k] * factors[k];
            }

            to[x] = Clip(sum);
        }
    }

    private static void ResizeColorRow(ReadOnlySpan<byte> from, ResampleWeights weights, Span<byte> to)
    {
        for (int x = 0; x < to.Length / 3; x++)
        {
            var factors = weights.Fixed.AsSpan(x * weights.Taps, weights.Count[x]);
            var pixels = from.Slice(weights.First[x] * 3, factors.Length * 3);
            (int red, int green, int blue) = (Half, Half, Half);
            for (int k = 0; k < factors.Length; k++)
            {
                red += pixels[3 * k] * factors[k];
                green += pixels[(3 * k) + 1] * factors[k];
                blue += pixels[(3 * k) + 2] * factors[k];
            }

            (to[3 * x], to[(3 * x) + 1], to[(3 * x) + 2]) = (Clip(red), Clip(green), Clip(blue));
        }
    }

    private static void ResizeColumns(ReadOnlySpan<byte> source, int height, int length, int newHeight, Span<byte> destination)
    {
        if (height == newHeight)
        {
            source.CopyTo(destination);
            return;
        }

        using var weights = ResampleWeights.Create(height, newHeight);
        int[] buffer = ArrayPool<int>.Shared.Rent(length);
        try
        {
            var sums = buffer.AsSpan(0, length);
            for (int y = 0; y < newHeight; y++)
            {
                sums.Fill(Half);
                for (int k = 0; k < weights.Count[y]; k++)
                {
                    AddScaled(source.Slice((weights.First[y] + k) * length, length), weights.Fixed[(y * weights.Taps) + k], sums);
                }

                var row = destination.Slice(y * length, length);
                for (int x = 0; x < row.Length; x++)
                {
                    row[x] = Clip(sums[x]);
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    private static void AddScaled(ReadOnlySpan<byte> row, int factor, Span<int> sums)
    {
        int done = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var vectors = MemoryMarshal.Cast<int, Vector<int>>(sums);
            foreach (var bytes in MemoryMarshal.Cast<byte, Vector<byte>>(row))
            {
                Vector.Widen(bytes, out var low, out var high);
                Vector.Widen(low, out var first, out var second);
                Vector.Widen(high, out var third, out var fourth);
                int at = done / Vector<int>.Count;
                vectors[at] += Vector.AsVectorInt32(first) * factor;
                vectors[at + 1] += Vector.AsVectorInt32(second) * factor;
                vectors[at + 2] += Vector.AsVectorInt32(third) * factor;
                vectors[at + 3] += Vector.AsVectorInt32(fourth) * factor;
                done += Vector<byte>.Count;
            }
        }

        for (int x = done; x < row.Length; x++)
        {
            sums[x] += row[x] * factor;
        }
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResampleWeights.FractionBits, 0, 255);
}
