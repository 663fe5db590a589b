using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EchoApex.Core.Imaging.Augmentation;

/// <summary>
/// The pass of <see cref="BicubicResampler"/> along the columns. Integers alone: the wide form and the plain one give the same.
/// </summary>
internal static unsafe class BicubicColumns
{
    private const int Half = 1 << (ResampleWeights.FractionBits - 1);

    // As along the rows: a weight w is held as high * 2^LowBits + low, 16 bits each; two rows are taken at once.
    private const int LowBits = 12;
    private const int Lanes = 16;

    /// <summary>Resizes by wide instructions; false, and nothing is done, where the machine or the size does not allow it.</summary>
    public static bool TryResize(ReadOnlySpan<byte> source, int length, in ResampleWeights weights, int newHeight, Span<byte> destination)
    {
        if (!Avx2.IsSupported || length < Lanes)
        {
            return false;
        }

        int pairs = (weights.Taps + 1) / 2;
        int[] buffer = ArrayPool<int>.Shared.Rent(2 * pairs);
        try
        {
            var factors = buffer.AsSpan(0, 2 * pairs);
            fixed (byte* from = source, to = destination)
            {
                for (int y = 0; y < newHeight; y++)
                {
                    int count = weights.Count[y];
                    Split(weights.Fixed.AsSpan(y * weights.Taps, count), factors);
                    ResizeRow(from + ((long)weights.First[y] * length), length, count, factors, to + ((long)y * length));
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }

        return true;
    }

    /// <summary>Resizes on any machine.</summary>
    public static void Resize(ReadOnlySpan<byte> source, int length, in ResampleWeights weights, int newHeight, Span<byte> destination)
    {
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
                    row[x] = (byte)Math.Clamp(sums[x] >> ResampleWeights.FractionBits, 0, 255);
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    // Two rows' high parts in one integer, then their low parts; a row too many has the weight 0.
    private static void Split(ReadOnlySpan<int> weights, Span<int> factors)
    {
        for (int k = 0; k < weights.Length; k += 2)
        {
            (int first, int second) = (weights[k], k + 1 < weights.Length ? weights[k + 1] : 0);
            factors[k] = Pair(first >> LowBits, second >> LowBits);
            factors[k + 1] = Pair(first & ((1 << LowBits) - 1), second & ((1 << LowBits) - 1));
        }

        static int Pair(int first, int second) => (first & 0xFFFF) | (second << 16);
    }

    private static void ResizeRow(byte* from, int length, int count, ReadOnlySpan<int> factors, byte* to)
    {
        for (int x = 0; x < length; x += Lanes)
        {
            // The last vector overlaps the one before: writing a pixel twice is cheaper than another loop.
            int column = Math.Min(x, length - Lanes);
            byte* pixels = from + column;
            var leftHigh = Vector256<int>.Zero;
            var leftLow = Vector256<int>.Zero;
            var rightHigh = Vector256<int>.Zero;
            var rightLow = Vector256<int>.Zero;
            for (int k = 0; k < count; k += 2, pixels += 2 * length)
            {
                var high = Vector256.Create(factors[k]).AsInt16();
                var low = Vector256.Create(factors[k + 1]).AsInt16();
                var first = Vector128.Load(pixels);
                var second = k + 1 < count ? Vector128.Load(pixels + length) : first;
                var left = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(first, second));
                var right = Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(first, second));
                leftHigh += Avx2.MultiplyAddAdjacent(left, high);
                leftLow += Avx2.MultiplyAddAdjacent(left, low);
                rightHigh += Avx2.MultiplyAddAdjacent(right, high);
                rightLow += Avx2.MultiplyAddAdjacent(right, low);
            }

            Sse2.PackUnsignedSaturate(Levels(leftHigh, leftLow), Levels(rightHigh, rightLow)).Store(to + column);
        }
    }

    private static Vector128<short> Levels(Vector256<int> high, Vector256<int> low)
    {
        var levels = ((high << LowBits) + low + Vector256.Create(Half)) >> ResampleWeights.FractionBits;
        return Sse2.PackSignedSaturate(levels.GetLower(), levels.GetUpper());
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
}
