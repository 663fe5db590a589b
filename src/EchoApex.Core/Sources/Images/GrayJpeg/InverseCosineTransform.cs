using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EchoApex.Core.Sources.Images.GrayJpeg;

/// <summary>
/// The inverse cosine transform of 8 x 8 blocks after Loeffler, Ligtenberg and Moschytz (ICASSP 1989) in fixed point of 13 bits: the accurate
/// integer method of the Independent JPEG Group's decoders, whose results it gives to the bit.
/// </summary>
internal static unsafe class InverseCosineTransform
{
    private const int FixedBits = 13;

    // The first pass keeps two more bits; the second takes them off, and the 8 that both transforms scale by.
    private const int ExtraBits = 2;
    private const int FirstShift = FixedBits - ExtraBits;
    private const int SecondShift = FixedBits + ExtraBits + 3;

    // Of the paper's figure 1, with c(k) = cos(k pi / 16): sqrt 2 c6; sqrt 2 (c2 - c6); sqrt 2 (c2 + c6); sqrt 2 c3; the others are sums of
    // the odd cosines by sqrt 2.
    private const int C6 = (int)((0.541196100 * (1 << FixedBits)) + 0.5);
    private const int C2MinusC6 = (int)((0.765366865 * (1 << FixedBits)) + 0.5);
    private const int C2PlusC6 = (int)((1.847759065 * (1 << FixedBits)) + 0.5);
    private const int C3 = (int)((1.175875602 * (1 << FixedBits)) + 0.5);
    private const int C3PlusC5 = (int)((1.961570560 * (1 << FixedBits)) + 0.5);
    private const int C3MinusC5 = (int)((0.390180644 * (1 << FixedBits)) + 0.5);
    private const int C3MinusC7 = (int)((0.899976223 * (1 << FixedBits)) + 0.5);
    private const int C1PlusC3 = (int)((2.562915447 * (1 << FixedBits)) + 0.5);
    private const int Weight7 = (int)((0.298631336 * (1 << FixedBits)) + 0.5);
    private const int Weight5 = (int)((2.053119869 * (1 << FixedBits)) + 0.5);
    private const int Weight3 = (int)((3.072711026 * (1 << FixedBits)) + 0.5);
    private const int Weight1 = (int)((1.501321110 * (1 << FixedBits)) + 0.5);

    /// <summary>Whether this processor runs it.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Transforms a block, adds 128 and limits to 0 to 255.</summary>
    /// <param name="block">64 coefficients, quantization taken back, row by row; overwritten.</param>
    /// <param name="target">The first pixel; 8 bytes a row are written.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    public static void Write(short* block, byte* target, int stride)
    {
        Pass(block, FirstShift);
        Transpose(block);
        Pass(block, SecondShift);
        WriteTransposed(block, target, stride);
    }

    /// <summary>The pixel of a block that has a DC coefficient alone.</summary>
    public static byte Flat(int dc) => (byte)Math.Clamp(((dc + 4) >> 3) + 128, 0, 255);

    // Every column at once: a vector holds a row.
    private static void Pass(short* block, int shift)
    {
        var row0 = Vector128.Load(block);
        var row1 = Vector128.Load(block + 8);
        var row2 = Vector128.Load(block + 16);
        var row3 = Vector128.Load(block + 24);
        var row4 = Vector128.Load(block + 32);
        var row5 = Vector128.Load(block + 40);
        var row6 = Vector128.Load(block + 48);
        var row7 = Vector128.Load(block + 56);

        var pair = Interleave(row2, row6);
        var even2 = Sum(pair, C6, C6 - C2PlusC6);
        var even3 = Sum(pair, C6 + C2MinusC6, C6);
        var even0 = Avx2.ConvertToVector256Int32(row0 + row4) << FixedBits;
        var even1 = Avx2.ConvertToVector256Int32(row0 - row4) << FixedBits;
        var round = Vector256.Create(1 << (shift - 1));
        var a = even0 + even3 + round;
        var b = even1 + even2 + round;
        var c = even1 - even2 + round;
        var d = even0 - even3 + round;

        pair = Interleave(row7 + row3, row5 + row1);
        var both3 = Sum(pair, C3 - C3PlusC5, C3);
        var both4 = Sum(pair, C3, C3 - C3MinusC5);
        pair = Interleave(row7, row1);
        var odd0 = Sum(pair, Weight7 - C3MinusC7, -C3MinusC7) + both3;
        var odd3 = Sum(pair, -C3MinusC7, Weight1 - C3MinusC7) + both4;
        pair = Interleave(row5, row3);
        var odd1 = Sum(pair, Weight5 - C1PlusC3, -C1PlusC3) + both4;
        var odd2 = Sum(pair, -C1PlusC3, Weight3 - C1PlusC3) + both3;

        Narrow(a + odd3, shift).Store(block);
        Narrow(b + odd2, shift).Store(block + 8);
        Narrow(c + odd1, shift).Store(block + 16);
        Narrow(d + odd0, shift).Store(block + 24);
        Narrow(d - odd0, shift).Store(block + 32);
        Narrow(c - odd1, shift).Store(block + 40);
        Narrow(b - odd2, shift).Store(block + 48);
        Narrow(a - odd3, shift).Store(block + 56);
    }

    private static Vector256<short> Interleave(Vector128<short> first, Vector128<short> second) =>
        Vector256.Create(Sse2.UnpackLow(first, second), Sse2.UnpackHigh(first, second));

    // First times one weight plus second times the other, in 32 bits.
    private static Vector256<int> Sum(Vector256<short> pair, int first, int second) =>
        Avx2.MultiplyAddAdjacent(pair, Vector256.Create((first & 0xFFFF) | (second << 16)).AsInt16());

    private static Vector128<short> Narrow(Vector256<int> values, int shift)
    {
        var shifted = values >> shift;
        return Sse2.PackSignedSaturate(shifted.GetLower(), shifted.GetUpper());
    }

    private static void Transpose(short* block)
    {
        var low04 = Sse2.UnpackLow(Vector128.Load(block), Vector128.Load(block + 32));
        var high04 = Sse2.UnpackHigh(Vector128.Load(block), Vector128.Load(block + 32));
        var low15 = Sse2.UnpackLow(Vector128.Load(block + 8), Vector128.Load(block + 40));
        var high15 = Sse2.UnpackHigh(Vector128.Load(block + 8), Vector128.Load(block + 40));
        var low26 = Sse2.UnpackLow(Vector128.Load(block + 16), Vector128.Load(block + 48));
        var high26 = Sse2.UnpackHigh(Vector128.Load(block + 16), Vector128.Load(block + 48));
        var low37 = Sse2.UnpackLow(Vector128.Load(block + 24), Vector128.Load(block + 56));
        var high37 = Sse2.UnpackHigh(Vector128.Load(block + 24), Vector128.Load(block + 56));
        StoreColumns(low04, low15, low26, low37, block);
        StoreColumns(high04, high15, high26, high37, block + 32);
    }

    // Each argument holds a column's rows k and k + 4 next to each other, for four columns.
    private static void StoreColumns(Vector128<short> rows04, Vector128<short> rows15, Vector128<short> rows26, Vector128<short> rows37, short* target)
    {
        var evenLow = Sse2.UnpackLow(rows04, rows26);
        var evenHigh = Sse2.UnpackHigh(rows04, rows26);
        var oddLow = Sse2.UnpackLow(rows15, rows37);
        var oddHigh = Sse2.UnpackHigh(rows15, rows37);
        Sse2.UnpackLow(evenLow, oddLow).Store(target);
        Sse2.UnpackHigh(evenLow, oddLow).Store(target + 8);
        Sse2.UnpackLow(evenHigh, oddHigh).Store(target + 16);
        Sse2.UnpackHigh(evenHigh, oddHigh).Store(target + 24);
    }

    // The block lies column by column.
    private static void WriteTransposed(short* block, byte* target, int stride)
    {
        var columns04 = Sse2.PackSignedSaturate(Vector128.Load(block), Vector128.Load(block + 32)).AsByte();
        var columns15 = Sse2.PackSignedSaturate(Vector128.Load(block + 8), Vector128.Load(block + 40)).AsByte();
        var columns26 = Sse2.PackSignedSaturate(Vector128.Load(block + 16), Vector128.Load(block + 48)).AsByte();
        var columns37 = Sse2.PackSignedSaturate(Vector128.Load(block + 24), Vector128.Load(block + 56)).AsByte();
        var even0 = Sse2.UnpackLow(columns04, columns26);
        var odd0 = Sse2.UnpackLow(columns15, columns37);
        var even4 = Sse2.UnpackHigh(columns04, columns26);
        var odd4 = Sse2.UnpackHigh(columns15, columns37);
        WriteRows(Sse2.UnpackLow(even0, odd0), Sse2.UnpackLow(even4, odd4), target, stride);
        WriteRows(Sse2.UnpackHigh(even0, odd0), Sse2.UnpackHigh(even4, odd4), target + (4 * stride), stride);
    }

    // Four rows: columns 0 to 3 of each, and columns 4 to 7.
    private static void WriteRows(Vector128<byte> left, Vector128<byte> right, byte* target, int stride)
    {
        var middle = Vector128.Create((byte)128);
        var upper = Sse2.UnpackLow(left.AsInt32(), right.AsInt32()).AsByte() + middle;
        var lower = Sse2.UnpackHigh(left.AsInt32(), right.AsInt32()).AsByte() + middle;
        *(ulong*)target = upper.AsUInt64().GetElement(0);
        *(ulong*)(target + stride) = upper.AsUInt64().GetElement(1);
        *(ulong*)(target + (2 * stride)) = lower.AsUInt64().GetElement(0);
        *(ulong*)(target + (3 * stride)) = lower.AsUInt64().GetElement(1);
    }
}
