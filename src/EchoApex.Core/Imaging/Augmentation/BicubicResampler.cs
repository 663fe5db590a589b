using System.Buffers;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// Antialiased cubic resampling of 8-bit pictures, equal to the bit to Pillow's <c>resize(..., BICUBIC)</c> and so to
/// torchvision's <c>resized_crop</c> of the references (Pillow libImaging/Resample.c): along the rows first, then along the
/// columns, each pass in fixed point, rounded and clipped to 8 bits. Integers alone: the result is the same on every machine.
/// </summary>
public static class BicubicResampler
{
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
        if (width == newWidth)
        {
            for (int y = 0; y < height; y++)
            {
                source.Slice(y * stride, length).CopyTo(destination.Slice(y * length, length));
            }

            return;
        }

        using var weights = ResampleWeights.Create(width, newWidth);
        if (channels == 1 && BicubicRows.TryResize(source, stride, height, width, weights, newWidth, destination))
        {
            return;
        }

        for (int y = 0; y < height; y++)
        {
            var from = source.Slice(y * stride, width * channels);
            var to = destination.Slice(y * length, length);
            if (channels == 1)
            {
                BicubicRows.ResizeGrayRow(from, weights, to);
            }
            else
            {
                BicubicRows.ResizeColorRow(from, weights, to);
            }
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
        if (!BicubicColumns.TryResize(source, length, weights, newHeight, destination))
        {
            BicubicColumns.Resize(source, length, weights, newHeight, destination);
        }
    }
}
