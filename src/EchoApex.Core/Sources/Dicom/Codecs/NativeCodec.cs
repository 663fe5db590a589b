namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Pixels without encoding: separates planes into interleaved samples and gives each pixel of YBR_FULL_422 its chroma.</summary>
internal sealed class NativeCodec : IFrameCodec
{
    public double LargestExpansion => 1.5;

    public string DecodedPhotometric(PixelDescription description) =>
        IsSubsampled(description) ? "YBR_FULL" : description.Photometric;

    /// <summary>Bytes of a stored frame.</summary>
    public static long StoredLength(PixelDescription description) =>
        IsSubsampled(description) ? description.Pixels * 2L : description.DecodedLength;

    /// <summary>Whether two neighbouring pixels share their chroma (PS3.3 C.7.6.3.1.2): Y1 Y2 Cb Cr.</summary>
    public static bool IsSubsampled(PixelDescription description) =>
        description is { Photometric: "YBR_FULL_422", Samples: 3, BitsAllocated: 8 };

    public void Decode(ReadOnlySpan<byte> encoded, PixelDescription description, Span<byte> samples)
    {
        if (IsSubsampled(description))
        {
            if (description.Pixels % 2 != 0)
            {
                throw new InvalidDataException($"its {description.Rows} x {description.Columns} pixels of YBR_FULL_422 cannot share their chroma in pairs; the header is damaged.");
            }

            Upsample(encoded, samples);
        }
        else if (description.Planar)
        {
            Interleave(encoded, description, samples);
        }
        else
        {
            encoded[..description.DecodedLength].CopyTo(samples);
        }
    }

    private static void Upsample(ReadOnlySpan<byte> pairs, Span<byte> samples)
    {
        for (int from = 0, to = 0; to + 6 <= samples.Length; from += 4, to += 6)
        {
            var pair = pairs.Slice(from, 4);
            var two = samples.Slice(to, 6);
            (two[0], two[1], two[2]) = (pair[0], pair[2], pair[3]);
            (two[3], two[4], two[5]) = (pair[1], pair[2], pair[3]);
        }
    }

    private static void Interleave(ReadOnlySpan<byte> planes, PixelDescription description, Span<byte> samples)
    {
        int width = description.BytesPerSample;
        int planeLength = description.Pixels * width;
        for (int sample = 0; sample < description.Samples; sample++)
        {
            var plane = planes.Slice(sample * planeLength, planeLength);
            for (int i = 0, to = sample * width; i < plane.Length; i += width, to += description.Samples * width)
            {
                samples[to] = plane[i];
                if (width == 2)
                {
                    samples[to + 1] = plane[i + 1];
                }
            }
        }
    }
}
