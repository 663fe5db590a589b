using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

namespace EchoApex.Core.Sources.Images.GrayJpeg;

/// <summary>
/// Decodes baseline JPEG of one component, to the bit as libjpeg-turbo with its accurate integer transform does, in about two thirds of OpenCV's time: what
/// a loader of shards does ten thousand times a second. Everything else that calls itself JPEG is left to OpenCV. Scratch memory and tables of one
/// thread.
/// </summary>
internal sealed unsafe class GrayJpegDecoder
{
    private const int Side = 8;
    private const int Coefficients = Side * Side;

    // What one block can use up of bits, and one load beyond: zeros behind the data, so that no read needs a check.
    private const int Padding = ((Coefficients + 1) * CoefficientTable.MostBits / 8) + (2 * sizeof(ulong));

    [ThreadStatic]
    private static GrayJpegDecoder? _ofThread;

    // By number of the coefficient, from 1 on as the loop counts: its place in the block (8 bits), and above its divisor.
    private readonly int[] _slots = GC.AllocateArray<int>(Coefficients + 1, pinned: true);
    private byte[] _data = [];
    private byte[] _edge = [];
    private readonly CoefficientTable _dc = new(isDc: true), _ac = new(isDc: false);

    private GrayJpegDecoder()
    {
    }

    /// <summary>Decodes a picture, if it is of the kind that this decoder knows and the processor has AVX2.</summary>
    /// <param name="stream">The JPEG stream.</param>
    /// <param name="height">H, as its header must say.</param>
    /// <param name="width">W, as its header must say.</param>
    /// <param name="pixels">H x W bytes.</param>
    /// <returns>Whether it was decoded; otherwise pixels are as they were.</returns>
    /// <exception cref="FormatException">The picture is damaged.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> stream, int height, int width, Span<byte> pixels)
    {
        if (!InverseCosineTransform.IsSupported || !GrayJpegHeader.TryRead(stream, out var header) || header.Height != height || header.Width != width)
        {
            return false;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(pixels.Length, height * width);
        var decoder = _ofThread ??= new GrayJpegDecoder();
        decoder.Prepare(header, stream);
        decoder.ReadBlocks(height, width, decoder.Unstuff(stream[header.DataStart..]), pixels);
        return true;
    }

    private void Prepare(GrayJpegHeader header, ReadOnlySpan<byte> stream)
    {
        _dc.Define(header.Dc);
        _ac.Define(header.Ac);
        for (int i = 0; i < Coefficients; i++)
        {
            _slots[i + 1] = (header.Quantization[i] << 8) | BlockDecoder.ZigZag[i];
        }

        if (_data.Length < stream.Length + Padding)
        {
            _data = new byte[stream.Length + Padding];
        }
    }

    // The entropy-coded data without the zeros that keep FF apart from markers, up to the marker that ends it (T.81 F.1.2.3).
    private int Unstuff(ReadOnlySpan<byte> data)
    {
        int length = 0;
        while (true)
        {
            int next = data.IndexOf((byte)0xFF);
            if (next < 0 || next + 1 >= data.Length || data[next + 1] != 0)
            {
                var rest = next < 0 ? data : data[..next];
                rest.CopyTo(_data.AsSpan(length));
                length += rest.Length;
                _data.AsSpan(length, Padding).Clear();
                return length;
            }

            data[..(next + 1)].CopyTo(_data.AsSpan(length));
            length += next + 1;
            data = data[(next + 2)..];
        }
    }

    private void ReadBlocks(int height, int width, int length, Span<byte> pixels)
    {
        int across = (width + Side - 1) / Side, down = (height + Side - 1) / Side;
        if (_edge.Length < across * Side * Side)
        {
            _edge = new byte[across * Side * Side];
        }

        short* block = stackalloc short[Coefficients];
        new Span<short>(block, Coefficients).Clear();
        fixed (byte* data = _data, edge = _edge, target = pixels)
        {
            var bits = new BitReader(data);
            int dc = 0;
            for (int y = 0; y < down; y++)
            {
                // Rows of blocks that stick out of the picture are decoded beside it.
                bool fits = ((y + 1) * Side) <= height && width % Side == 0;
                byte* row = fits ? target + (y * Side * width) : edge;
                int stride = fits ? width : across * Side;
                for (int x = 0; x < across; x++)
                {
                    ReadBlock(ref bits, block, ref dc, row + (x * Side), stride);
                    if (bits.Used(data) > (long)length * 8)
                    {
                        throw new FormatException("is a damaged picture: its data ends before the last block");
                    }
                }

                for (int line = 0; !fits && line < Math.Min(Side, height - (y * Side)); line++)
                {
                    new ReadOnlySpan<byte>(edge + (line * stride), width).CopyTo(pixels[(((y * Side) + line) * width)..]);
                }
            }
        }
    }

    // The block is zero before and after. Two coefficients a turn, as many as a filled window surely holds.
    private void ReadBlock(ref BitReader source, short* block, ref int dc, byte* target, int stride)
    {
        var bits = source;
        bits.Fill();
        int entry = bits.Take(_dc.Entries, _dc.LongEntries, out int number);
        dc += number;
        bool isBroken = CoefficientTable.IsInvalid(entry);
        int* entries = _ac.Entries, longEntries = _ac.LongEntries;
        int* slots = (int*)Unsafe.AsPointer(ref _slots[0]);
        nint next = 1, step;
        while (true)
        {
            bits.Fill();
            entry = bits.Take(entries, longEntries, out number);
            step = (entry >> 8) & 0x7F;
            next += step;
            if (next >= Coefficients)
            {
                break;
            }

            Set(block, slots[next], number);
            entry = bits.Take(entries, longEntries, out number);
            step = (entry >> 8) & 0x7F;
            next += step;
            if (next >= Coefficients)
            {
                break;
            }

            Set(block, slots[next], number);
        }

        source = bits;
        if (next == Coefficients)
        {
            Set(block, slots[next], number);
        }
        else if (number != 0 || isBroken)
        {
            throw new FormatException("is a damaged picture: it has a block of more than 64 coefficients");
        }

        Write(block, (short)(dc * (_slots[1] >> 8)), next - step == 1, target, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(short* block, int slot, int number) => block[slot & 0xFF] = (short)(number * (slot >> 8));

    private static void Write(short* block, short dc, bool isFlat, byte* target, int stride)
    {
        if (isFlat)
        {
            ulong eight = InverseCosineTransform.Flat(dc) * 0x0101_0101_0101_0101UL;
            for (int i = 0; i < Side; i++)
            {
                *(ulong*)(target + (i * stride)) = eight;
            }

            return;
        }

        block[0] = dc;
        InverseCosineTransform.Write(block, target, stride);
        for (int i = 0; i < Coefficients; i += Vector256<short>.Count)
        {
            Vector256<short>.Zero.Store(block + i);
        }
    }
}
