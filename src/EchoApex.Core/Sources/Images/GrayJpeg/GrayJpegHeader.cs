using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Images.GrayJpeg;

/// <summary>
/// The segments before the entropy-coded data of a baseline JPEG stream of one component of 8 bits, without restart intervals (ITU-T T.81 annex B).
/// </summary>
internal ref struct GrayJpegHeader
{
    private const int Coefficients = 64;

    private ReadOnlySpan<byte> _quantization0, _quantization1, _quantization2, _quantization3;
    private ReadOnlySpan<byte> _dc0, _dc1, _ac0, _ac1;
    private byte _component, _quantizationNumber;

    /// <summary>Rows.</summary>
    public int Height { get; private set; }

    /// <summary>Columns.</summary>
    public int Width { get; private set; }

    /// <summary>64 divisors in the order of the coefficients.</summary>
    public ReadOnlySpan<byte> Quantization { get; private set; }

    /// <summary>16 counts of codes by length, then their symbols.</summary>
    public ReadOnlySpan<byte> Dc { get; private set; }

    /// <summary>16 counts of codes by length, then their symbols.</summary>
    public ReadOnlySpan<byte> Ac { get; private set; }

    /// <summary>Where the entropy-coded data begins.</summary>
    public int DataStart { get; private set; }

    /// <summary>Reads the segments; false when the stream is of another kind or damaged before its data, which a complete decoder has to judge.</summary>
    public static bool TryRead(ReadOnlySpan<byte> stream, out GrayJpegHeader header)
    {
        header = default;
        if (stream is not [0xFF, 0xD8, ..])
        {
            return false;
        }

        for (int position = 2; position + 4 <= stream.Length && stream[position] == 0xFF;)
        {
            byte marker = stream[position + 1];
            int length = BinaryPrimitives.ReadUInt16BigEndian(stream[(position + 2)..]);
            if (length < 2 || position + 2 + length > stream.Length)
            {
                return false;
            }

            var segment = stream.Slice(position + 4, length - 2);
            position += 2 + length;
            if (marker == 0xDA)
            {
                header.DataStart = position;
                return header.ReadScan(segment);
            }

            if (!header.ReadSegment(marker, segment))
            {
                return false;
            }
        }

        return false;
    }

    private bool ReadSegment(byte marker, ReadOnlySpan<byte> segment) => marker switch
    {
        0xC0 => ReadFrame(segment),
        0xC4 => ReadHuffmanTables(segment),
        0xDB => ReadQuantization(segment),
        0xDD => segment is [0, 0],
        0xFE or (>= 0xE0 and <= 0xEF) => true,
        _ => false,
    };

    private bool ReadFrame(ReadOnlySpan<byte> segment)
    {
        if (segment is not [8, _, _, _, _, 1, _, _, <= 3] || Height > 0)
        {
            return false;
        }

        Height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        Width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        (_component, _quantizationNumber) = (segment[6], segment[8]);
        return Height > 0 && Width > 0;
    }

    private bool ReadQuantization(ReadOnlySpan<byte> segment)
    {
        for (; !segment.IsEmpty; segment = segment[(1 + Coefficients)..])
        {
            if (segment.Length < 1 + Coefficients)
            {
                return false;
            }

            var table = segment.Slice(1, Coefficients);
            switch (segment[0])
            {
                case 0:
                    _quantization0 = table;
                    break;
                case 1:
                    _quantization1 = table;
                    break;
                case 2:
                    _quantization2 = table;
                    break;
                case 3:
                    _quantization3 = table;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private bool ReadHuffmanTables(ReadOnlySpan<byte> segment)
    {
        while (segment.Length >= 17)
        {
            int symbols = 0;
            foreach (byte count in segment.Slice(1, 16))
            {
                symbols += count;
            }

            if (segment.Length < 17 + symbols)
            {
                return false;
            }

            var table = segment.Slice(1, 16 + symbols);
            switch (segment[0])
            {
                case 0x00:
                    _dc0 = table;
                    break;
                case 0x01:
                    _dc1 = table;
                    break;
                case 0x10:
                    _ac0 = table;
                    break;
                case 0x11:
                    _ac1 = table;
                    break;
                default:
                    return false;
            }

            segment = segment[(17 + symbols)..];
        }

        return segment.IsEmpty;
    }

    private bool ReadScan(ReadOnlySpan<byte> segment)
    {
        if (segment is not [1, _, _, 0, 63, 0] || segment[1] != _component || (segment[2] & 0xEE) != 0)
        {
            return false;
        }

        Quantization = _quantizationNumber switch
        {
            0 => _quantization0,
            1 => _quantization1,
            2 => _quantization2,
            _ => _quantization3,
        };
        Dc = segment[2] >> 4 == 0 ? _dc0 : _dc1;
        Ac = (segment[2] & 0x0F) == 0 ? _ac0 : _ac1;
        return Height > 0 && !Quantization.IsEmpty && !Dc.IsEmpty && !Ac.IsEmpty;
    }
}
