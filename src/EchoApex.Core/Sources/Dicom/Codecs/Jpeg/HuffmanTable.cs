namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>A Huffman table of a JPEG stream (ITU-T T.81 annex C), looked up by the next 16 bits.</summary>
internal sealed class HuffmanTable
{
    /// <summary>Bits of the longest code.</summary>
    public const int LongestCode = 16;
    private const int FastBits = 9;

    // By the first bits: symbol << 8 | length; 0 where the code is longer.
    private readonly ushort[] _fast = new ushort[1 << FastBits];

    // By length: the first code behind those of the length, brought to 16 bits, and what to add to a code for its symbol's place.
    private readonly int[] _end = new int[LongestCode + 1];
    private readonly int[] _shift = new int[LongestCode + 1];
    private readonly byte[] _symbols;

    /// <summary>Makes the table.</summary>
    /// <param name="counts">Number of codes of each length, 1 to 16.</param>
    /// <param name="symbols">Symbols by ascending code.</param>
    /// <exception cref="InvalidDataException">There are more codes than their lengths allow.</exception>
    public HuffmanTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        int code = 0;
        int place = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            _shift[length] = place - code;
            for (int i = 0; i < counts[length - 1]; i++, code++, place++)
            {
                if (length <= FastBits && code < 1 << length)
                {
                    int room = FastBits - length;
                    _fast.AsSpan(code << room, 1 << room).Fill((ushort)((symbols[place] << 8) | length));
                }
            }

            if (code > 1 << length)
            {
                throw new InvalidDataException("its JPEG stream has a Huffman table with more codes than there can be; it is damaged.");
            }

            _end[length] = code << (LongestCode - length);
            code <<= 1;
        }
    }

    /// <summary>The symbol whose code begins the bits, and the code's length; length 0 when there is none.</summary>
    public (int Symbol, int Length) Find(int bits)
    {
        int fast = _fast[bits >> (LongestCode - FastBits)];
        if (fast != 0)
        {
            return (fast >> 8, fast & 0xFF);
        }

        for (int length = FastBits + 1; length <= LongestCode; length++)
        {
            if (bits < _end[length])
            {
                return (_symbols[(bits >> (LongestCode - length)) + _shift[length]], length);
            }
        }

        return (0, 0);
    }
}
