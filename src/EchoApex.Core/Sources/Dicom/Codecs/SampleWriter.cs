namespace EchoApex.Core.Sources.Dicom.Codecs;

/// <summary>Puts a decoded line of one component where <see cref="IFrameCodec"/> wants it: interleaved, low byte first.</summary>
internal static class SampleWriter
{
    /// <summary>Writes one line.</summary>
    /// <param name="line">As many values as columns.</param>
    /// <param name="row">Which line of the frame.</param>
    /// <param name="component">Which sample of each pixel.</param>
    /// <param name="description">Gives columns, samples and bytes a sample.</param>
    /// <param name="samples">The frame.</param>
    public static void WriteLine(ReadOnlySpan<ushort> line, int row, int component, PixelDescription description, Span<byte> samples)
    {
        int step = description.Samples * description.BytesPerSample;
        int start = (row * description.Columns * step) + (component * description.BytesPerSample);
        var target = samples[start..];
        if (description.BytesPerSample == 1)
        {
            for (int x = 0, to = 0; x < line.Length; x++, to += step)
            {
                target[to] = (byte)line[x];
            }

            return;
        }

        for (int x = 0, to = 0; x < line.Length; x++, to += step)
        {
            target[to] = (byte)line[x];
            target[to + 1] = (byte)(line[x] >> 8);
        }
    }
}
