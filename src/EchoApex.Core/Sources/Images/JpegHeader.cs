using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Images;

/// <summary>What the markers of a JPEG stream say (ITU-T T.81 annex B).</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Components">Components, 1 for gray.</param>
/// <param name="Precision">Bits a sample.</param>
/// <param name="Process">The frame marker's low nibble: 0 baseline, 1 extended, 2 progressive, 3 lossless.</param>
/// <param name="HasAdobeMarker">Whether an APP14 segment states the colour transform.</param>
/// <param name="StreamLength">Bytes up to and with the EOI marker; null when there is none.</param>
internal sealed record JpegHeader(int Width, int Height, int Components, int Precision, int Process, bool HasAdobeMarker, int? StreamLength)
{
    /// <summary>Whether the stream brings Huffman tables; Motion JPEG may leave them out.</summary>
    public bool HasHuffmanTables { get; private init; }

    /// <summary>Whether components have different sampling factors, as chroma has that is stored at lower resolution.</summary>
    public bool IsSubsampled { get; private init; }

    /// <summary>Reads the markers; null when the bytes are no JPEG stream or end before the frame header.</summary>
    public static JpegHeader? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes is not [0xFF, 0xD8, 0xFF, ..])
        {
            return null;
        }

        JpegHeader? header = null;
        bool adobe = false;
        bool huffman = false;
        int position = 2;
        while (position + 4 <= bytes.Length && bytes[position] == 0xFF)
        {
            byte marker = bytes[position + 1];
            if (marker == 0xFF)
            {
                position++;
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(position + 2)..]);
            if (length < 2 || position + 2 + length > bytes.Length)
            {
                break;
            }

            var segment = bytes.Slice(position + 4, length - 2);
            huffman |= marker == 0xC4;

            // A shorter one, which some writers make, states nothing: decoders pass it over.
            adobe |= marker == 0xEE && segment.Length >= 12 && segment.StartsWith("Adobe"u8);
            if (IsFrameHeader(marker) && segment.Length >= 6 && header is null)
            {
                header = new JpegHeader(
                    BinaryPrimitives.ReadUInt16BigEndian(segment[3..]),
                    BinaryPrimitives.ReadUInt16BigEndian(segment[1..]),
                    segment[5],
                    segment[0],
                    marker & 0x0F,
                    adobe,
                    null)
                { IsSubsampled = FactorsDiffer(segment) };
            }

            position += 2 + length;
            if (marker == 0xDA && !SkipEntropyCodedData(bytes, ref position))
            {
                break;
            }

            if (position + 2 <= bytes.Length && bytes[position] == 0xFF && bytes[position + 1] == 0xD9)
            {
                return header is null ? null : header with { HasAdobeMarker = adobe, HasHuffmanTables = huffman, StreamLength = position + 2 };
            }
        }

        return header is null ? null : header with { HasAdobeMarker = adobe, HasHuffmanTables = huffman };
    }

    // SOF0..SOF15 without DHT (C4), JPG (C8) and DAC (CC).
    private static bool IsFrameHeader(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    // Each component has its number, both sampling factors in a byte, and its table.
    private static bool FactorsDiffer(ReadOnlySpan<byte> segment)
    {
        const int first = 7;
        for (int at = first + 3; at < segment.Length && at < first + (3 * segment[5]); at += 3)
        {
            if (segment[at] != segment[first])
            {
                return true;
            }
        }

        return false;
    }

    // Goes to the next marker that is neither a stuffed zero nor a restart.
    private static bool SkipEntropyCodedData(ReadOnlySpan<byte> bytes, ref int position)
    {
        while (position < bytes.Length)
        {
            int step = bytes[position..].IndexOf((byte)0xFF);
            if (step < 0 || position + step + 1 >= bytes.Length)
            {
                return false;
            }

            position += step;
            byte next = bytes[position + 1];
            if (next is not (0x00 or 0xFF) and not (>= 0xD0 and <= 0xD7))
            {
                return true;
            }

            position += next == 0xFF ? 1 : 2;
        }

        return false;
    }
}
