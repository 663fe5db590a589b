using System.Buffers;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// Gaussian blur by three box filters a direction (Gwosdek et al. 2011, extended box filters), equal to the bit to Pillow's
/// <c>ImageFilter.GaussianBlur</c>, which DINO v1 uses with a radius between 0.1 and 2 (Pillow libImaging/BoxBlur.c). Each pass
/// rounds to 8 bits; pixels beyond the border are those on the border. The cost does not depend on the radius.
/// </summary>
public static class BoxGaussianBlur
{
    internal const int Passes = 3;

    /// <summary>Blurs a picture. May work in place.</summary>
    /// <param name="source">height x width x channels bytes.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="radius">Standard deviation in pixels, 0 to 1000.</param>
    /// <param name="destination">Receives as many values.</param>
    /// <exception cref="ArgumentException">A length does not fit the sizes, or the radius is out of range.</exception>
    public static void Apply(ReadOnlySpan<byte> source, int height, int width, int channels, double radius, Span<byte> destination)
    {
        int length = PixelBuffers.Check(source.Length, destination.Length, height, width, channels);
        if (!(radius >= 0 && radius <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(radius), radius, "The radius must lie between 0 and 1000 pixels.");
        }

        source[..length].CopyTo(destination);
        float box = BoxRadius((float)radius);
        if (box == 0)
        {
            return;
        }

        var filter = BoxFilter.Of(box);
        var picture = destination[..length];
        if (filter.Radius <= NarrowBoxBlur.LargestRadius && width * channels >= NarrowBoxBlur.Lanes)
        {
            NarrowBoxBlur.Apply(picture, height, width, channels, Passes, filter);
        }
        else
        {
            ApplyWide(picture, height, width, channels, filter);
        }
    }

    /// <summary>Blurs in place by running sums: the cost does not depend on the radius.</summary>
    internal static void ApplyWide(Span<byte> picture, int height, int width, int channels, BoxFilter filter)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(picture.Length);
        uint[] sums = ArrayPool<uint>.Shared.Rent(width * channels);
        try
        {
            var other = bytes.AsSpan(0, picture.Length);
            for (int pass = 0; pass < Passes; pass++)
            {
                BlurRows(picture, height, width, channels, filter, other);
                other.CopyTo(picture);
            }

            for (int pass = 0; pass < Passes; pass++)
            {
                BlurColumns(picture, height, width * channels, filter, sums.AsSpan(0, width * channels), other);
                other.CopyTo(picture);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<uint>.Shared.Return(sums);
        }
    }

    // Single precision in the places where the reference has it: the weights follow from the last bit.
    internal static float BoxRadius(float radius)
    {
        float variance = radius * radius / Passes;
        float boxLength = (float)Math.Sqrt((12.0 * variance) + 1.0);
        float whole = (float)Math.Floor((boxLength - 1.0) / 2.0);
        float fraction = ((2 * whole) + 1) * ((whole * (whole + 1)) - (3 * variance));
        fraction /= 6 * (variance - ((whole + 1) * (whole + 1)));
        return whole + fraction;
    }

    private static void BlurRows(ReadOnlySpan<byte> source, int height, int width, int channels, BoxFilter filter, Span<byte> destination)
    {
        int last = width - 1;
        for (int y = 0; y < height; y++)
        {
            var from = source.Slice(y * width * channels, width * channels);
            var to = destination.Slice(y * width * channels, width * channels);
            for (int channel = 0; channel < channels; channel++)
            {
                // The sum over the box around the position before the first.
                uint sum = (uint)(from[channel] * (filter.Radius + 1));
                for (int x = 0; x < filter.Radius; x++)
                {
                    sum += from[(Math.Min(x, last) * channels) + channel];
                }

                for (int x = 0; x < width; x++)
                {
                    int before = from[(Math.Max(x - filter.Radius - 1, 0) * channels) + channel];
                    sum = (uint)(sum + from[(Math.Min(x + filter.Radius, last) * channels) + channel] - before);
                    int after = from[(Math.Min(x + filter.Radius + 1, last) * channels) + channel];
                    to[(x * channels) + channel] = filter.Weigh(sum, before + after);
                }
            }
        }
    }

    private static void BlurColumns(ReadOnlySpan<byte> source, int height, int length, BoxFilter filter, Span<uint> sums, Span<byte> destination)
    {
        int last = height - 1;
        sums.Clear();
        for (int y = -filter.Radius - 1; y < filter.Radius; y++)
        {
            var row = source.Slice(Math.Clamp(y, 0, last) * length, length);
            for (int x = 0; x < row.Length; x++)
            {
                sums[x] += row[x];
            }
        }

        for (int y = 0; y < height; y++)
        {
            var before = source.Slice(Math.Max(y - filter.Radius - 1, 0) * length, length);
            var entering = source.Slice(Math.Min(y + filter.Radius, last) * length, length);
            var after = source.Slice(Math.Min(y + filter.Radius + 1, last) * length, length);
            var to = destination.Slice(y * length, length);
            for (int x = 0; x < to.Length; x++)
            {
                sums[x] = (uint)(sums[x] + entering[x] - before[x]);
                to[x] = filter.Weigh(sums[x], before[x] + after[x]);
            }
        }
    }
}
