using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Images;

/// <summary>What the chunks of a PNG file say (PNG specification, sections 5 and 11).</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="IsGray">Whether the picture has no colour channels or palette.</param>
/// <param name="IsComplete">Whether the file reaches its end chunk.</param>
internal sealed record PngHeader(int Width, int Height, bool IsGray, bool IsComplete)
{
    /// <summary>The first eight bytes of every PNG file.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Walks the chunks; null when the bytes are no PNG file or its first chunk is damaged.</summary>
    public static PngHeader? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Signature) || bytes.Length < 33 || !bytes[12..16].SequenceEqual("IHDR"u8))
        {
            return null;
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]);
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
        {
            return null;
        }

        long position = Signature.Length;
        bool complete = false;
        while (position + 12 <= bytes.Length && !complete)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[(int)position..]);
            complete = bytes.Slice((int)position + 4, 4).SequenceEqual("IEND"u8);
            position += 12L + length;
        }

        return new PngHeader((int)width, (int)height, bytes[25] is 0 or 4, complete && position <= bytes.Length);
    }
}
