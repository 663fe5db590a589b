using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>Walks the segments of a JPEG stream (ITU-T T.81 annex B): frame header, tables, restart interval, scans.</summary>
internal ref struct JpegReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly HuffmanTable?[] _dc = new HuffmanTable?[4];
    private readonly HuffmanTable?[] _ac = new HuffmanTable?[4];
    private readonly ushort[]?[] _quantization = new ushort[4][];
    private int _position;

    /// <summary>Begins at the start of a stream.</summary>
    public JpegReader(ReadOnlySpan<byte> data)
    {
        _data = data;
        _position = 2;
        Components = [];
        if (data is not [0xFF, 0xD8, 0xFF, ..])
        {
            throw new InvalidDataException("its data is no JPEG stream.");
        }
    }

    /// <summary>The stream.</summary>
    public readonly ReadOnlySpan<byte> Data => _data;

    /// <summary>The components, after the frame header.</summary>
    public JpegComponent[] Components { get; private set; }

    /// <summary>Bits a sample.</summary>
    public int Precision { get; private set; }

    /// <summary>Minimum coded units between two restart markers; 0 without.</summary>
    public int RestartInterval { get; private set; }

    /// <summary>Reads segments up to and with the next scan header.</summary>
    /// <exception cref="InvalidDataException">There is no further scan, or a segment is damaged.</exception>
    public JpegScan ReadScan()
    {
        while (true)
        {
            byte marker = ReadMarker();
            int length = _position + 2 <= _data.Length ? BinaryPrimitives.ReadUInt16BigEndian(_data[_position..]) : 0;
            if (marker == 0xD9 || length < 2 || _position + length > _data.Length)
            {
                throw new InvalidDataException("its JPEG stream ends before all components have come; it is cut short or damaged.");
            }

            var segment = _data.Slice(_position + 2, length - 2);
            _position += length;
            switch (marker)
            {
                case 0xC4:
                    ReadHuffmanTables(segment);
                    break;
                case 0xDB:
                    ReadQuantizationTables(segment);
                    break;
                case 0xDD when segment.Length >= 2:
                    RestartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                    break;
                case 0xDA:
                    return ReadScanHeader(segment);
                case >= 0xC0 and <= 0xCF and not (0xC8 or 0xCC):
                    ReadFrameHeader(segment);
                    break;
            }
        }
    }

    /// <summary>Goes on behind a scan.</summary>
    public void MoveTo(int position) => _position = position;

    public readonly HuffmanTable Dc(int number) => Table(_dc, number);

    public readonly HuffmanTable Ac(int number) => Table(_ac, number);

    /// <summary>A quantization table in the order of the blocks: row by row.</summary>
    public readonly ushort[] Quantization(int number) => number < 4 && _quantization[number] is { } table
        ? table
        : throw new InvalidDataException($"its JPEG stream uses quantization table {number}, which it does not define; it is damaged.");

    private static HuffmanTable Table(HuffmanTable?[] tables, int number) => number < 4 && tables[number] is { } table
        ? table
        : throw new InvalidDataException($"its JPEG stream uses Huffman table {number}, which it does not define; it is damaged.");

    private byte ReadMarker()
    {
        while (_position + 1 < _data.Length && _data[_position] == 0xFF && _data[_position + 1] == 0xFF)
        {
            _position++;
        }

        if (_position + 1 >= _data.Length || _data[_position] != 0xFF)
        {
            throw new InvalidDataException($"its JPEG stream has no marker at byte {_position}; it is cut short or damaged.");
        }

        _position += 2;
        return _data[_position - 1];
    }

    private void ReadFrameHeader(ReadOnlySpan<byte> segment)
    {
        if (Components.Length > 0 || segment.Length < 6 || segment.Length < 6 + (3 * segment[5]))
        {
            throw new InvalidDataException("its JPEG frame header is cut short or comes twice; it is damaged.");
        }

        Precision = segment[0];
        var components = new JpegComponent[segment[5]];
        for (int i = 0; i < components.Length; i++)
        {
            var (id, sampling, table) = (segment[6 + (3 * i)], segment[7 + (3 * i)], segment[8 + (3 * i)]);
            components[i] = new JpegComponent(i, id, sampling >> 4, sampling & 0x0F, table);
            if (components[i] is not { Horizontal: >= 1 and <= 4, Vertical: >= 1 and <= 4 })
            {
                throw new InvalidDataException($"its JPEG stream has sampling factors {sampling >> 4} x {sampling & 0x0F}; it is damaged.");
            }
        }

        Components = components;
    }

    private readonly JpegScan ReadScanHeader(ReadOnlySpan<byte> segment)
    {
        int count = segment.IsEmpty ? 0 : segment[0];
        if (count is < 1 or > 4 || segment.Length < 4 + (2 * count))
        {
            throw new InvalidDataException("its JPEG scan header is cut short or damaged.");
        }

        var components = new JpegComponent[count];
        var (dc, ac) = (new int[count], new int[count]);
        for (int i = 0; i < count; i++)
        {
            byte id = segment[1 + (2 * i)];
            int index = Array.FindIndex(Components, component => component.Id == id);
            if (index < 0 || components[..i].Any(earlier => earlier.Index == index))
            {
                throw new InvalidDataException($"its JPEG stream has a scan of component {id}, which its frame header does not name; it is damaged.");
            }

            (components[i], dc[i], ac[i]) = (Components[index], segment[2 + (2 * i)] >> 4, segment[2 + (2 * i)] & 0x0F);
        }

        var rest = segment[(1 + (2 * count))..];
        return new JpegScan(components, dc, ac, rest[0], rest[1], rest[2] >> 4, rest[2] & 0x0F, _position);
    }

    private readonly void ReadHuffmanTables(ReadOnlySpan<byte> segment)
    {
        while (!segment.IsEmpty)
        {
            int symbols = 0;
            for (int i = 1; i <= 16 && i < segment.Length; i++)
            {
                symbols += segment[i];
            }

            if (segment.Length < 17 + symbols || symbols > 256 || (segment[0] & 0xEC) != 0)
            {
                throw new InvalidDataException("its JPEG stream has a Huffman table that is cut short or damaged.");
            }

            var tables = segment[0] >> 4 == 0 ? _dc : _ac;
            tables[segment[0] & 3] = new HuffmanTable(segment.Slice(1, 16), segment.Slice(17, symbols));
            segment = segment[(17 + symbols)..];
        }
    }

    private readonly void ReadQuantizationTables(ReadOnlySpan<byte> segment)
    {
        while (!segment.IsEmpty)
        {
            int size = segment[0] >> 4 == 0 ? 1 : 2;
            if (segment.Length < 1 + (64 * size) || (segment[0] & 0xEC) != 0)
            {
                throw new InvalidDataException("its JPEG stream has a quantization table that is cut short or damaged.");
            }

            ushort[] table = new ushort[64];
            for (int i = 0; i < 64; i++)
            {
                table[BlockDecoder.ZigZag[i]] = size == 1 ? segment[1 + i] : BinaryPrimitives.ReadUInt16BigEndian(segment[(1 + (2 * i))..]);
            }

            _quantization[segment[0] & 3] = table;
            segment = segment[(1 + (64 * size))..];
        }
    }
}
