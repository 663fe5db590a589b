using System.Buffers.Binary;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>The size in a JPEG stream's frame header, without a look at what follows it (ITU-T T.81 annex B).</summary>
internal static class JpegSize
{
    /// <summary>Rows and columns; null when the bytes are no JPEG stream or end before its frame header.</summary>
    public static (int Height, int Width)? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes is not [0xFF, 0xD8, 0xFF, ..])
        {
            return null;
        }

        for (int position = 2; position + 9 <= bytes.Length && bytes[position] == 0xFF;)
        {
            byte marker = bytes[position + 1];
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return (BinaryPrimitives.ReadUInt16BigEndian(bytes[(position + 5)..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[(position + 7)..]));
            }

            position += marker == 0xFF ? 1 : 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[(position + 2)..]);
        }

        return null;
    }
}
