namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>Bits of Huffman-coded JPEG data (ITU-T T.81 F.2.2.5): a zero byte after FF is passed over, any other ends the data.</summary>
internal ref struct JpegBits(ReadOnlySpan<byte> data, int position)
{
    private readonly ReadOnlySpan<byte> _data = data;

    // The next bits, the first one on top.
    private ulong _cache;
    private int _count;
    private int _position = position;

    /// <summary>Decodes one symbol.</summary>
    public int ReadSymbol(HuffmanTable table)
    {
        if (_count < HuffmanTable.LongestCode)
        {
            Fill();
        }

        var (symbol, length) = table.Find((int)(_cache >> (64 - HuffmanTable.LongestCode)));
        if (length == 0 || length > _count)
        {
            throw new InvalidDataException(length > _count || _count < HuffmanTable.LongestCode
                ? "its JPEG data ends before the frame is full; it is cut short or damaged."
                : "its JPEG data has a code that is in no Huffman table; it is damaged.");
        }

        Drop(length);
        return symbol;
    }

    /// <summary>A number of up to 16 bits whose top bit tells its sign (EXTEND, T.81 F.2.2.1).</summary>
    public int ReadSigned(int count)
    {
        if (count == 0)
        {
            return 0;
        }

        if (_count < count)
        {
            Fill();
            if (_count < count)
            {
                throw new InvalidDataException("its JPEG data ends before the frame is full; it is cut short or damaged.");
            }
        }

        int value = (int)(_cache >> (64 - count));
        Drop(count);
        return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
    }

    /// <summary>Drops what is left of the interval and goes behind the marker that ends it.</summary>
    /// <returns>The marker's second byte; 0 when the data ends without one.</returns>
    public byte ReadMarker()
    {
        (_cache, _count) = (0, 0);
        while (_position + 1 < _data.Length)
        {
            if (_data[_position] == 0xFF && _data[_position + 1] is not (0x00 or 0xFF))
            {
                _position += 2;
                return _data[_position - 1];
            }

            _position++;
        }

        return 0;
    }

    /// <summary>Where the marker that ends the data begins, or the end.</summary>
    public readonly int FindMarker()
    {
        var copy = this;
        return copy.ReadMarker() == 0 ? _data.Length : copy._position - 2;
    }

    private void Drop(int count)
    {
        _cache <<= count;
        _count -= count;
    }

    private void Fill()
    {
        while (_count <= 56 && _position < _data.Length)
        {
            byte value = _data[_position];
            if (value == 0xFF)
            {
                if (_position + 1 >= _data.Length || _data[_position + 1] != 0)
                {
                    return;
                }

                _position++;
            }

            _cache |= (ulong)value << (56 - _count);
            _count += 8;
            _position++;
        }
    }
}
