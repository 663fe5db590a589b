using System.Buffers;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// The pass of <see cref="BicubicResampler"/> along the rows. Integers alone: the wide form and the plain one give the same.
/// </summary>
internal static unsafe class BicubicRows
{
    private const int Half = 1 << (ResampleWeights.FractionBits - 1);

    // Products of 16 bits are the cheap ones: a weight w is held as high * 2^LowBits + low, and 16 pixels are taken at once.
    private const int LowBits = 12;
    private const int Lanes = 16;
    private const int RowsAtOnce = 4;

    /// <summary>Resizes gray rows by wide instructions; false, and nothing is done, where the machine or the size does not allow it.</summary>
    public static bool TryResize(ReadOnlySpan<byte> source, int stride, int height, int width, in ResampleWeights weights, int newWidth, Span<byte> destination)
    {
        int pitch = (Longest(weights, newWidth) + Lanes - 1) / Lanes * Lanes;
        if (!Avx2.IsSupported || height < RowsAtOnce || width < pitch)
        {
            return false;
        }

        int[] starts = ArrayPool<int>.Shared.Rent(newWidth);
        short[] split = ArrayPool<short>.Shared.Rent(newWidth * pitch * 2);
        try
        {
            Split(weights, width, newWidth, pitch, starts, split);
            fixed (byte* from = source, to = destination)
            fixed (short* factors = split)
            fixed (int* start = starts)
            {
                for (int y = 0; y < height; y += RowsAtOnce)
                {
                    // The last four rows overlap the four before: writing a row twice is cheaper than another loop.
                    int row = Math.Min(y, height - RowsAtOnce);
                    ResizeFourRows(from + ((long)row * stride), stride, start, factors, pitch, to + ((long)row * newWidth), newWidth);
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(starts);
            ArrayPool<short>.Shared.Return(split);
        }

        return true;
    }

    /// <summary>Resizes one gray row.</summary>
    public static void ResizeGrayRow(ReadOnlySpan<byte> from, in ResampleWeights weights, Span<byte> to)
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

    /// <summary>Resizes one row of red, green and blue.</summary>
    public static void ResizeColorRow(ReadOnlySpan<byte> from, in ResampleWeights weights, Span<byte> to)
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

    private static int Longest(in ResampleWeights weights, int length)
    {
        int longest = 0;
        foreach (int count in weights.Count.AsSpan(0, length))
        {
            longest = Math.Max(longest, count);
        }

        return longest;
    }

    // A position's high parts, then its low parts, each filled up with zeros to whole vectors; the window is moved left where
    // it would leave the row.
    private static void Split(in ResampleWeights weights, int width, int newWidth, int pitch, int[] starts, short[] split)
    {
        split.AsSpan(0, newWidth * pitch * 2).Clear();
        for (int x = 0; x < newWidth; x++)
        {
            int first = weights.First[x];
            starts[x] = Math.Min(first, width - pitch);
            int at = (x * pitch * 2) + first - starts[x];
            for (int k = 0; k < weights.Count[x]; k++)
            {
                int factor = weights.Fixed[(x * weights.Taps) + k];
                split[at + k] = (short)(factor >> LowBits);
                split[at + pitch + k] = (short)(factor & ((1 << LowBits) - 1));
            }
        }
    }

    private static void ResizeFourRows(byte* from, int stride, int* starts, short* factors, int pitch, byte* to, int newWidth)
    {
        var half = Vector128.Create(Half);
        byte* to1 = to + newWidth;
        byte* to2 = to1 + newWidth;
        byte* to3 = to2 + newWidth;
        for (int x = 0; x < newWidth; x++, factors += 2 * pitch)
        {
            byte* row = from + starts[x];
            var high0 = Vector256<int>.Zero;
            var high1 = Vector256<int>.Zero;
            var high2 = Vector256<int>.Zero;
            var high3 = Vector256<int>.Zero;
            var low0 = Vector256<int>.Zero;
            var low1 = Vector256<int>.Zero;
            var low2 = Vector256<int>.Zero;
            var low3 = Vector256<int>.Zero;
            for (int k = 0; k < pitch; k += Lanes, row += Lanes)
            {
                var high = Avx.LoadVector256(factors + k);
                var low = Avx.LoadVector256(factors + pitch + k);
                var pixels = Avx2.ConvertToVector256Int16(row);
                high0 += Avx2.MultiplyAddAdjacent(pixels, high);
                low0 += Avx2.MultiplyAddAdjacent(pixels, low);
                pixels = Avx2.ConvertToVector256Int16(row + stride);
                high1 += Avx2.MultiplyAddAdjacent(pixels, high);
                low1 += Avx2.MultiplyAddAdjacent(pixels, low);
                pixels = Avx2.ConvertToVector256Int16(row + (2 * stride));
                high2 += Avx2.MultiplyAddAdjacent(pixels, high);
                low2 += Avx2.MultiplyAddAdjacent(pixels, low);
                pixels = Avx2.ConvertToVector256Int16(row + (3 * stride));
                high3 += Avx2.MultiplyAddAdjacent(pixels, high);
                low3 += Avx2.MultiplyAddAdjacent(pixels, low);
            }

            // Three additions of neighbours leave the four rows' half sums side by side.
            var rows01 = Avx2.HorizontalAdd((high0 << LowBits) + low0, (high1 << LowBits) + low1);
            var rows23 = Avx2.HorizontalAdd((high2 << LowBits) + low2, (high3 << LowBits) + low3);
            var rows = Avx2.HorizontalAdd(rows01, rows23);
            var levels = (rows.GetLower() + rows.GetUpper() + half) >> ResampleWeights.FractionBits;
            var shorts = Sse2.PackSignedSaturate(levels, levels);
            uint bytes = Sse2.PackUnsignedSaturate(shorts, shorts).AsUInt32().ToScalar();
            to[x] = (byte)bytes;
            to1[x] = (byte)(bytes >> 8);
            to2[x] = (byte)(bytes >> 16);
            to3[x] = (byte)(bytes >> 24);
        }
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResampleWeights.FractionBits, 0, 255);
}
