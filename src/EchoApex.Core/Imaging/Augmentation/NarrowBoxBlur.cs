using System.Buffers;
using System.Runtime.Intrinsics;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// The passes of <see cref="BoxGaussianBlur"/> for boxes of one or three whole pixels, which all radii up to 2.4 have: the few
/// pixels are added anew for each position, many positions at once. Integers alone: equal to running sums.
/// </summary>
internal static unsafe class NarrowBoxBlur
{
    /// <summary>The largest whole radius that is worth it.</summary>
    public const int LargestRadius = 1;

    /// <summary>Values taken at once; a row must have as many.</summary>
    public const int Lanes = 16;

    /// <summary>Blurs in place, along the rows and then along the columns.</summary>
    public static void Apply(Span<byte> picture, int height, int width, int channels, int passes, BoxFilter filter)
    {
        int length = width * channels;
        int margin = (filter.Radius + 1) * channels;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(picture.Length, length + (2 * margin)));
        try
        {
            fixed (byte* pixels = picture, other = buffer)
            {
                for (int y = 0; y < height; y++)
                {
                    BlurRow(pixels + ((long)y * length), length, channels, margin, passes, filter, new Span<byte>(other, length + (2 * margin)), other);
                }

                for (int pass = 0; pass < passes; pass++)
                {
                    bool back = pass % 2 == 1;
                    BlurColumns(back ? other : pixels, height, length, filter, back ? pixels : other);
                }

                if (passes % 2 == 1)
                {
                    buffer.AsSpan(0, picture.Length).CopyTo(picture);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void BlurRow(byte* row, int length, int channels, int margin, int passes, BoxFilter filter, Span<byte> line, byte* lineStart)
    {
        for (int pass = 0; pass < passes; pass++)
        {
            // The border's pixel stands for those beyond it.
            new ReadOnlySpan<byte>(row, length).CopyTo(line[margin..]);
            for (int i = 0; i < margin; i++)
            {
                line[i] = row[i % channels];
                line[margin + length + i] = row[length - channels + (i % channels)];
            }

            byte* middle = lineStart + margin;
            byte* outer = middle - margin;
            byte* inner = middle - (filter.Radius * channels);
            Combine(outer, inner, middle, middle + (middle - inner), middle + margin, length, filter, row);
        }
    }

    private static void BlurColumns(byte* from, int height, int length, BoxFilter filter, byte* to)
    {
        int last = height - 1;
        for (int y = 0; y < height; y++)
        {
            Combine(Row(y - filter.Radius - 1), Row(y - filter.Radius), Row(y), Row(y + filter.Radius), Row(y + filter.Radius + 1), length, filter, to + ((long)y * length));
        }

        byte* Row(int y) => from + ((long)Math.Clamp(y, 0, last) * length);
    }

    // With a radius of 0, the three whole pixels are one.
    private static void Combine(byte* before, byte* left, byte* middle, byte* right, byte* after, int length, BoxFilter filter, byte* to)
    {
        var innerWeight = Vector256.Create(filter.Inner);
        var outerWeight = Vector256.Create(filter.Outer);
        for (int i = 0; i < length; i += Lanes)
        {
            // The last vector overlaps the one before: writing a value twice is cheaper than another loop.
            int at = Math.Min(i, length - Lanes);
            var whole = Load(middle + at);
            whole = filter.Radius == 0 ? whole : whole + Load(left + at) + Load(right + at);
            var outside = Load(before + at) + Load(after + at);
            var (low, high) = Vector256.Widen(whole);
            var (outsideLow, outsideHigh) = Vector256.Widen(outside);
            low = Weigh(low, outsideLow, innerWeight, outerWeight);
            high = Weigh(high, outsideHigh, innerWeight, outerWeight);
            var levels = Vector256.Narrow(low, high);
            Vector128.Narrow(levels.GetLower(), levels.GetUpper()).Store(to + at);
        }
    }

    private static Vector256<ushort> Load(byte* pixels)
    {
        var bytes = Vector128.Load(pixels);
        return Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes));
    }

    private static Vector256<uint> Weigh(Vector256<uint> whole, Vector256<uint> outside, Vector256<uint> inner, Vector256<uint> outer) =>
        ((whole * inner) + (outside * outer) + Vector256.Create(BoxFilter.Half)) >> BoxFilter.FractionBits;
}
