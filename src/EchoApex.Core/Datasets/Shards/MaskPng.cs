// Shape legend: H x W = pixels of a mask.
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// Masks as PNG files of one bit a pixel whose deflate stream is one stored block (PNG specification; RFC 1950 and 1951): a few
/// kilobytes a clip, and reading one is to spread bits instead of a tenth of the time of decoding a frame. Any PNG reader reads them.
/// </summary>
internal static class MaskPng
{
    // Signature, IHDR, the head of IDAT, two bytes of zlib and five of the stored block.
    private const int HeadLength = 8 + 25 + 8 + 2 + 5;

    // The sum of the pixels, the chunk's checksum, IEND.
    private const int TailLength = 4 + 4 + 12;

    // Byte i of an entry is 255 where bit 7 - i of its number is set.
    private static readonly ulong[] Spread = [.. Enumerable.Range(0, 256).Select(SpreadBits)];

    private static readonly uint[] Crc32Table = [.. Enumerable.Range(0, 256).Select(Crc32Entry)];

    /// <summary>Whether a mask of this size fits one stored block.</summary>
    public static bool Fits(int height, int width) => PixelBytes(height, width) <= ushort.MaxValue;

    /// <summary>Writes the sector of a frame, its pixels that are not 0.</summary>
    public static byte[] Write(ReadOnlySpan<byte> frame, int height, int width)
    {
        int length = PixelBytes(height, width);
        byte[] png = new byte[HeadLength + length + TailLength];
        WriteHead(png, height, width);
        var pixels = png.AsSpan(HeadLength, length);
        int stride = 1 + ((width + 7) / 8);
        for (int i = 0; i < height * width; i++)
        {
            if (frame[i] != 0)
            {
                int x = i % width;
                pixels[(i / width * stride) + 1 + (x / 8)] |= (byte)(0x80 >> (x % 8));
            }
        }

        var tail = png.AsSpan(HeadLength + length);
        BinaryPrimitives.WriteUInt32BigEndian(tail, Adler32(pixels));
        const int Data = 8 + 25 + 4;
        BinaryPrimitives.WriteUInt32BigEndian(tail[4..], Crc32(png.AsSpan(Data, HeadLength - Data + length + 4)));
        WriteChunk(tail[8..], "IEND"u8, []);
        return png;
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    /// <returns>False for any other PNG; the pixels are undefined then.</returns>
    public static bool TryRead(ReadOnlySpan<byte> png, int height, int width, Span<byte> mask)
    {
        int length = PixelBytes(height, width);
        if (!Fits(height, width) || png.Length != HeadLength + length + TailLength)
        {
            return false;
        }

        Span<byte> head = stackalloc byte[HeadLength];
        WriteHead(head, height, width);
        if (!png.StartsWith(head))
        {
            return false;
        }

        int stride = 1 + ((width + 7) / 8);
        Span<byte> last = stackalloc byte[8];
        for (int y = 0; y < height; y++)
        {
            var bits = png.Slice(HeadLength + (y * stride), stride);
            if (bits[0] != 0)
            {
                return false;
            }

            var row = mask.Slice(y * width, width);
            var whole = MemoryMarshal.Cast<byte, ulong>(row);
            for (int i = 0; i < whole.Length; i++)
            {
                whole[i] = Spread[bits[1 + i]];
            }

            if (width % 8 > 0)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(last, Spread[bits[^1]]);
                last[..(width % 8)].CopyTo(row[(whole.Length * 8)..]);
            }
        }

        return true;
    }

    private static int PixelBytes(int height, int width) => height * (1 + ((width + 7) / 8));

    private static void WriteHead(Span<byte> png, int height, int width)
    {
        int length = PixelBytes(height, width);
        Span<byte> description = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(description, width);
        BinaryPrimitives.WriteInt32BigEndian(description[4..], height);
        ReadOnlySpan<byte> signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];
        signature.CopyTo(png);
        WriteChunk(png[8..], "IHDR"u8, description);
        var data = png[33..];
        BinaryPrimitives.WriteInt32BigEndian(data, 2 + 5 + length + 4);
        "IDAT"u8.CopyTo(data[4..]);
        ReadOnlySpan<byte> stored = [0x78, 0x01, 0x01, (byte)length, (byte)(length >> 8), (byte)~length, (byte)(~length >> 8)];
        stored.CopyTo(data[8..]);
    }

    private static void WriteChunk(Span<byte> target, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        BinaryPrimitives.WriteInt32BigEndian(target, content.Length);
        name.CopyTo(target[4..]);
        content.CopyTo(target[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(target[(8 + content.Length)..], Crc32(target.Slice(4, 4 + content.Length)));
    }

    private static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        const uint Modulus = 65521;
        (uint a, uint b) = (1, 0);
        foreach (byte value in bytes)
        {
            a = (a + value) % Modulus;
            b = (b + a) % Modulus;
        }

        return (b << 16) | a;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = Crc32Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint Crc32Entry(int number)
    {
        uint crc = (uint)number;
        for (int bit = 0; bit < 8; bit++)
        {
            crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
        }

        return crc;
    }

    private static ulong SpreadBits(int number)
    {
        Span<byte> bytes = stackalloc byte[8];
        for (int i = 0; i < 8; i++)
        {
            bytes[i] = (number & (0x80 >> i)) == 0 ? (byte)0 : (byte)255;
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
