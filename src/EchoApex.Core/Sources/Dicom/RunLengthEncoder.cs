using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>DICOM's RLE compression (PS3.5 annex G): one PackBits segment a colour plane, runs that never cross a row.</summary>
internal static class RunLengthEncoder
{
    private const int HeaderLength = 64;

    /// <summary>Compresses a frame of height x width x channels bytes, channels interleaved.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        // The worst case of PackBits is one control byte for each 128 literal bytes of a row.
        int worstSegment = height * (width + ((width + 127) / 128)) + 1;
        byte[] output = new byte[HeaderLength + (channels * worstSegment)];
        BinaryPrimitives.WriteInt32LittleEndian(output, channels);
        int position = HeaderLength;
        byte[] row = new byte[width];
        for (int channel = 0; channel < channels; channel++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(output.AsSpan(4 + (4 * channel)), position);
            for (int y = 0; y < height; y++)
            {
                var source = pixels.Slice(y * width * channels, width * channels);
                for (int x = 0; x < width; x++)
                {
                    row[x] = source[(x * channels) + channel];
                }

                position += EncodeRow(row, output.AsSpan(position));
            }

            // Segments have an even length; the padding byte is zero.
            position += position & 1;
        }

        return output[..position];
    }

    private static int EncodeRow(ReadOnlySpan<byte> row, Span<byte> output)
    {
        int written = 0;
        int start = 0;
        while (start < row.Length)
        {
            int run = RunLength(row[start..]);
            if (run >= 2)
            {
                output[written++] = (byte)(257 - run);
                output[written++] = row[start];
                start += run;
                continue;
            }

            int literals = LiteralLength(row[start..]);
            output[written++] = (byte)(literals - 1);
            row.Slice(start, literals).CopyTo(output[written..]);
            written += literals;
            start += literals;
        }

        return written;
    }

    private static int RunLength(ReadOnlySpan<byte> row)
    {
        int length = 1;
        while (length < 128 && length < row.Length && row[length] == row[0])
        {
            length++;
        }

        return length;
    }

    // Literals go on until three equal bytes start: a run of two inside literals would save nothing.
    private static int LiteralLength(ReadOnlySpan<byte> row)
    {
        int length = 1;
        while (length < 128 && length < row.Length
            && !(length + 2 < row.Length && row[length] == row[length + 1] && row[length] == row[length + 2]))
        {
            length++;
        }

        return length;
    }
}
