using System.Buffers.Binary;

namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>
/// RLE Lossless (DICOM PS3.5 annex G): one PackBits segment for each byte of each sample, most significant byte first.
/// </summary>
internal sealed class RleCodec : IFrameCodec
{
    private const int HeaderLength = 64;

    // Two bytes yield at most 128.
    public double LargestExpansion => 64;

    public string DecodedPhotometric(PixelDescription description) =>
        description.Photometric == "YBR_FULL_422" ? "YBR_FULL" : description.Photometric;

    public void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples)
    {
        int segments = description.Samples * description.BytesPerSample;
        if (encoded.Length < HeaderLength)
        {
            throw new InvalidDataException($"its RLE data has {encoded.Length} bytes, less than the header's {HeaderLength}.");
        }

        uint declared = BinaryPrimitives.ReadUInt32LittleEndian(encoded);
        if (declared != segments)
        {
            throw new InvalidDataException($"its RLE header declares {declared} segments; {description.Samples} samples of {description.BitsAllocated} bits need {segments}.");
        }

        for (int segment = 0; segment < segments; segment++)
        {
            long start = Offset(encoded, segment);
            long end = segment + 1 < segments ? Offset(encoded, segment + 1) : encoded.Length;
            if (start < HeaderLength || end < start || end > encoded.Length)
            {
                throw new InvalidDataException($"its RLE segment {segment} reaches from byte {start} to {end} of {encoded.Length}.");
            }

            // Segments of a 16-bit sample come high byte first; samples are wanted low byte first.
            int sample = segment / description.BytesPerSample;
            int part = description.BytesPerSample - 1 - (segment % description.BytesPerSample);
            Unpack(encoded[(int)start..(int)end], samples[..description.DecodedLength], (sample * description.BytesPerSample) + part, segments, segment);
        }
    }

    private static long Offset(ReadOnlySpan<byte> encoded, int segment) =>
        BinaryPrimitives.ReadUInt32LittleEndian(encoded[(4 + (4 * segment))..]);

    private static void Unpack(ReadOnlySpan<byte> packed, Span<byte> samples, int position, int stride, int segment)
    {
        int read = 0;
        while (position < samples.Length)
        {
            if (read >= packed.Length)
            {
                throw new InvalidDataException($"its RLE segment {segment} ends before the frame is full.");
            }

            int control = (sbyte)packed[read++];
            if (control >= 0)
            {
                int count = Math.Min(control + 1, Remaining(samples.Length, position, stride));
                if (read + count > packed.Length)
                {
                    throw new InvalidDataException($"its RLE segment {segment} ends before the frame is full.");
                }

                foreach (byte value in packed.Slice(read, count))
                {
                    samples[position] = value;
                    position += stride;
                }

                read += count;
            }
            else if (control != -128)
            {
                if (read >= packed.Length)
                {
                    throw new InvalidDataException($"its RLE segment {segment} ends before the frame is full.");
                }

                byte value = packed[read++];
                int count = Math.Min(1 - control, Remaining(samples.Length, position, stride));
                if (stride == 1)
                {
                    samples.Slice(position, count).Fill(value);
                    position += count;
                }
                else
                {
                    for (int i = 0; i < count; i++, position += stride)
                    {
                        samples[position] = value;
                    }
                }
            }
        }
    }

    private static int Remaining(int length, int position, int stride) => (length - position + stride - 1) / stride;
}
