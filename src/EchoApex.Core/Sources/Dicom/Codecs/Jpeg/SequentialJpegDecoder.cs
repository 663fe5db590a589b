namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>
/// Decodes sequential Huffman-coded JPEG of 12 bits a sample (ITU-T T.81 annex F, DICOM's Process 4), which libjpeg-turbo does not read.
/// The samples come as stored, without conversion of colour; subsampled components are brought to full size.
/// </summary>
internal static class SequentialJpegDecoder
{
    /// <summary>Decodes a frame; see <see cref="IFrameCodec.Decode"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> stream, PixelDescription description, Span<byte> samples)
    {
        var reader = new JpegReader(stream);
        JpegPlane[] planes = [];
        for (int done = 0; done < description.Samples;)
        {
            var scan = reader.ReadScan();
            if (reader.Components.Length != description.Samples || reader.Precision is not (8 or 12) || reader.Precision > description.BitsAllocated
                || scan is not { Start: 0, ApproximationHigh: 0, PointTransform: 0 })
            {
                throw new InvalidDataException($"its JPEG stream has {reader.Components.Length} components of {reader.Precision} bits, coefficients from {scan.Start}; EchoApex reads {description.Samples} components of 12 bits that come whole. {JpegCodec.Remedy}");
            }

            planes = planes.Length > 0 ? planes : MakePlanes(reader.Components, description);
            reader.MoveTo(DecodeScan(reader, scan, planes));
            done += scan.Components.Length;
        }

        Write(planes, description, samples);
    }

    private static JpegPlane[] MakePlanes(JpegComponent[] components, PixelDescription description)
    {
        int horizontal = components.Max(component => component.Horizontal);
        int vertical = components.Max(component => component.Vertical);
        return [.. components.Select(component => new JpegPlane(component, description, horizontal, vertical))];
    }

    // Returns where the next marker is. A scan of one component has its blocks alone, one of several has them in units (A.2).
    private static int DecodeScan(JpegReader reader, JpegScan scan, JpegPlane[] planes)
    {
        var bits = new JpegBits(reader.Data, scan.DataStart);
        var parts = new Part[scan.Components.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            var component = scan.Components[i];
            parts[i] = new Part(planes[component.Index], reader.Dc(scan.DcTables[i]), reader.Ac(scan.AcTables[i]), reader.Quantization(component.Quantization));
        }

        bool alone = parts.Length == 1;
        var (across, down) = alone ? (parts[0].Plane.BlocksAcross, parts[0].Plane.BlocksDown) : (parts[0].Plane.UnitsAcross, parts[0].Plane.UnitsDown);
        int[] predictions = new int[parts.Length];
        Span<float> block = stackalloc float[64];
        for (int unit = 0; unit < across * down; unit++)
        {
            if (reader.RestartInterval > 0 && unit > 0 && unit % reader.RestartInterval == 0)
            {
                Restart(ref bits, (unit / reader.RestartInterval) - 1);
                Array.Clear(predictions);
            }

            for (int i = 0; i < parts.Length; i++)
            {
                var part = parts[i];
                var (h, v) = alone ? (1, 1) : (part.Plane.Component.Horizontal, part.Plane.Component.Vertical);
                for (int piece = 0; piece < h * v; piece++)
                {
                    BlockDecoder.ReadCoefficients(ref bits, part.Dc, part.Ac, part.Quantization, ref predictions[i], block);
                    int x = (unit % across * h) + (piece % h);
                    int y = (unit / across * v) + (piece / h);
                    BlockDecoder.Transform(block, reader.Precision, part.Plane.Block(x, y), part.Plane.Stride);
                }
            }
        }

        return bits.FindMarker();
    }

    private static void Write(JpegPlane[] planes, PixelDescription description, Span<byte> samples)
    {
        ushort[] line = new ushort[description.Columns];
        foreach (var plane in planes)
        {
            for (int row = 0; row < description.Rows; row++)
            {
                plane.ReadRow(row, line);
                SampleWriter.WriteLine(line, row, plane.Component.Index, description, samples);
            }
        }
    }

    private static void Restart(ref JpegBits bits, int number)
    {
        byte marker = bits.ReadMarker();
        if (marker != 0xD0 + (number & 7))
        {
            throw new InvalidDataException($"its JPEG stream has no restart marker {number & 7} where one is due; it is cut short or damaged.");
        }
    }

    private readonly record struct Part(JpegPlane Plane, HuffmanTable Dc, HuffmanTable Ac, ushort[] Quantization);
}
