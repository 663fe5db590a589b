namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>
/// Decodes lossless JPEG (ITU-T T.81 annex H, DICOM's Process 14): 2 to 16 bits, all seven predictors, point transform, restart
/// intervals, components in one scan or in several.
/// </summary>
internal static class LosslessJpegDecoder
{
    /// <summary>Decodes a frame; see <see cref="IFrameCodec.Decode"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> stream, PixelDescription description, Span<byte> samples)
    {
        var reader = new JpegReader(stream);
        for (int done = 0; done < description.Samples;)
        {
            var scan = reader.ReadScan();
            Check(reader, scan, description);
            reader.MoveTo(DecodeScan(reader, scan, description, samples));
            done += scan.Components.Length;
        }
    }

    private static void Check(JpegReader reader, JpegScan scan, PixelDescription description)
    {
        if (reader.Components.Length != description.Samples || reader.Precision is < 2 or > 16 || reader.Precision > description.BitsAllocated)
        {
            throw new InvalidDataException($"its JPEG stream has {reader.Components.Length} components of {reader.Precision} bits; the header allows {description.Samples} of {description.BitsAllocated}.");
        }

        // Equal factors mean nothing where components come one by one.
        var (horizontal, vertical) = (reader.Components[0].Horizontal, reader.Components[0].Vertical);
        if (reader.Components.Any(component => component.Horizontal != horizontal || component.Vertical != vertical)
            || (scan.Components.Length > 1 && horizontal * vertical != 1))
        {
            throw new InvalidDataException("its lossless JPEG stream has subsampled components, which EchoApex does not read. " + JpegCodec.Remedy);
        }

        if (scan.Start is < 1 or > 7 || scan.PointTransform >= reader.Precision)
        {
            throw new InvalidDataException($"its lossless JPEG stream has predictor {scan.Start} and point transform {scan.PointTransform}; it is damaged.");
        }

        if (reader.RestartInterval % description.Columns != 0)
        {
            throw new InvalidDataException($"its lossless JPEG stream restarts every {reader.RestartInterval} pixels, which is no whole number of rows of {description.Columns}; it is damaged.");
        }
    }

    // Returns where the next marker is.
    private static int DecodeScan(JpegReader reader, JpegScan scan, PixelDescription description, Span<byte> samples)
    {
        int width = description.Columns;
        int count = scan.Components.Length;
        var tables = new HuffmanTable[count];
        for (int i = 0; i < count; i++)
        {
            tables[i] = reader.Dc(scan.DcTables[i]);
        }

        var bits = new JpegBits(reader.Data, scan.DataStart);
        ushort[][] above = [.. tables.Select(_ => new ushort[width])];
        ushort[][] line = [.. tables.Select(_ => new ushort[width])];
        int rowsToRestart = reader.RestartInterval / width;
        ushort first = (ushort)(1 << (reader.Precision - scan.PointTransform - 1));
        ushort[] shifted = new ushort[scan.PointTransform == 0 ? 0 : width];
        for (int row = 0; row < description.Rows; row++)
        {
            bool restarts = rowsToRestart > 0 && row > 0 && row % rowsToRestart == 0;
            if (restarts)
            {
                Restart(ref bits, (row / rowsToRestart) - 1);
            }

            ReadDifferences(ref bits, tables, line);
            for (int i = 0; i < count; i++)
            {
                Predict(line[i], above[i], row == 0 || restarts ? 0 : scan.Start, first);
                SampleWriter.WriteLine(Shifted(line[i], shifted, scan.PointTransform), row, scan.Components[i].Index, description, samples);
            }

            (above, line) = (line, above);
        }

        return bits.FindMarker();
    }

    private static void ReadDifferences(ref JpegBits bits, HuffmanTable[] tables, ushort[][] line)
    {
        int width = line[0].Length;
        for (int x = 0; x < width; x++)
        {
            for (int i = 0; i < tables.Length; i++)
            {
                // Category 16 stands for 32,768 alone, without further bits (H.1.2.2).
                int category = bits.ReadSymbol(tables[i]);
                line[i][x] = category switch
                {
                    < 16 => (ushort)bits.ReadSigned(category),
                    16 => 0x8000,
                    _ => throw new InvalidDataException($"its lossless JPEG data has a difference of {category} bits; it is damaged."),
                };
            }
        }
    }

    // From differences to values, modulo 2^16. Predictor 0 is the first line's: from the left, and the first sample from the middle.
    private static void Predict(ushort[] line, ushort[] above, int predictor, ushort first)
    {
        line[0] += predictor == 0 ? first : above[0];
        for (int x = 1; x < line.Length; x++)
        {
            int left = line[x - 1];
            int up = above[x];
            int corner = above[x - 1];
            line[x] += (ushort)(predictor switch
            {
                2 => up,
                3 => corner,
                4 => left + up - corner,
                5 => left + ((up - corner) >> 1),
                6 => up + ((left - corner) >> 1),
                7 => (left + up) >> 1,
                _ => left,
            });
        }
    }

    private static ReadOnlySpan<ushort> Shifted(ushort[] line, ushort[] shifted, int pointTransform)
    {
        if (pointTransform == 0)
        {
            return line;
        }

        for (int x = 0; x < line.Length; x++)
        {
            shifted[x] = (ushort)(line[x] << pointTransform);
        }

        return shifted;
    }

    private static void Restart(ref JpegBits bits, int number)
    {
        byte marker = bits.ReadMarker();
        if (marker != 0xD0 + (number & 7))
        {
            throw new InvalidDataException($"its JPEG stream has no restart marker {number & 7} where one is due; it is cut short or damaged.");
        }
    }
}
