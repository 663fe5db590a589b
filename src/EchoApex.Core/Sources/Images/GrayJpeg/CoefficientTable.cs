using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Sources.Images.GrayJpeg;

/// <summary>
/// A Huffman table (ITU-T T.81 annex C) for one look a code, small enough to stay in the processor's first cache beside everything else. An entry
/// holds the bits of code and number (bits 0 to 4), the step to the coefficient that they set (8 to 14) and the largest number of that many bits
/// (16 to 27). Memory is pinned.
/// </summary>
internal sealed unsafe class CoefficientTable(bool isDc)
{
    /// <summary>Bits that the first lookup sees.</summary>
    public const int LookupBits = 10;

    /// <summary>Bits that an entry uses up at most: a window that was filled holds two.</summary>
    public const int MostBits = LongestCode + MostNumberBits;

    /// <summary>The code is longer than the lookup, or there is none: <see cref="LongEntries"/> tell.</summary>
    public const int Long = 0x80;

    // Baseline coefficients of 8-bit pictures have no more than 11 bits.
    private const int MostNumberBits = 12;
    private const int LongestCode = 16;
    private const int LongRun = 0xF0;

    // Past the last coefficient wherever a block stands: its end.
    private const int EndOfBlock = 64;

    // Bits that begin with no code: past the last coefficient, and with a number, which an end of block does not have.
    private const int Invalid = (1 << 16) | (0x7F << 8) | 1;

    private readonly int[] _entries = GC.AllocateArray<int>(1 << LookupBits, pinned: true);
    private int[] _long = GC.AllocateArray<int>(128, pinned: true);
    private byte[] _definition = [];
    private int _longStart;

    /// <summary>Entries by the next <see cref="LookupBits"/> bits.</summary>
    public int* Entries => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_entries));

    /// <summary>Entries of long codes by the next 16 bits; valid for those bits alone for which <see cref="Entries"/> says so.</summary>
    public int* LongEntries => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_long)) - _longStart;

    /// <summary>Whether an entry says that there is no such code.</summary>
    public static bool IsInvalid(int entry) => entry == Invalid;

    /// <summary>Makes this the table of a definition.</summary>
    /// <param name="definition">16 counts of codes by length, then their symbols.</param>
    /// <exception cref="FormatException">There are more codes than their lengths allow.</exception>
    public void Define(ReadOnlySpan<byte> definition)
    {
        if (definition.SequenceEqual(_definition))
        {
            return;
        }

        _definition = [];
        var symbols = definition[LongestCode..];
        int code = 0;
        for (int length = 1; length <= LongestCode; length++, code <<= 1)
        {
            if (length == LookupBits + 1)
            {
                MakeRoomForLongCodes(code << (LongestCode - length));
            }

            int count = definition[length - 1];
            if (code + count > 1 << length)
            {
                throw new FormatException("is a damaged picture: it has a Huffman table with more codes than there can be");
            }

            foreach (byte symbol in symbols[..count])
            {
                Add(code++, length, symbol);
            }

            symbols = symbols[count..];
        }

        _definition = definition.ToArray();
    }

    // Codes longer than the lookup lie behind all others; bits that begin with no code do too.
    private void MakeRoomForLongCodes(int start)
    {
        _longStart = start;
        int count = (1 << LongestCode) - start;
        if (_long.Length < count)
        {
            _long = GC.AllocateArray<int>(count, pinned: true);
        }

        _long.AsSpan().Fill(Invalid);
        _entries.AsSpan(start >> (LongestCode - LookupBits)).Fill(Long);
    }

    private void Add(int code, int length, byte symbol)
    {
        int size = isDc ? symbol : symbol & 0x0F;
        int step = isDc ? 1 : size > 0 ? (symbol >> 4) + 1 : symbol == LongRun ? 16 : EndOfBlock;
        bool isLong = length > LookupBits;
        int room = (isLong ? LongestCode : LookupBits) - length;
        var entries = isLong ? _long.AsSpan((code << room) - _longStart, 1 << room) : _entries.AsSpan(code << room, 1 << room);
        entries.Fill(size > MostNumberBits ? Invalid : (((1 << size) - 1) << 16) | (step << 8) | (length + size));
    }
}
