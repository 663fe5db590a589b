namespace EchoApex.Core.Tests.Sources.Dicom.Codecs;

/// <summary>Writes lossless JPEG (ITU-T T.81 annex H) for tests: every predictor, point transform, restart interval and number of scans.</summary>
internal static class LosslessJpegEncoder
{
    /// <summary>Encodes samples[row, column, component].</summary>
    public static byte[] Encode(int[,,] samples, int precision, int predictor, int pointTransform = 0, int restartRows = 0, bool separateScans = false)
    {
        var (rows, columns, components) = (samples.GetLength(0), samples.GetLength(1), samples.GetLength(2));
        List<byte> stream = [0xFF, 0xD8];
        Segment(stream, 0xC3, [(byte)precision, .. Big(rows), .. Big(columns), (byte)components, .. Enumerable.Range(1, components).SelectMany(id => new byte[] { (byte)id, 0x11, 0 })]);

        // Seventeen codes of five bits: category n is n.
        Segment(stream, 0xC4, [0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. Enumerable.Range(0, 17).Select(category => (byte)category)]);
        if (restartRows > 0)
        {
            Segment(stream, 0xDD, Big(restartRows * columns));
        }

        int[][] scans = separateScans ? [.. Enumerable.Range(0, components).Select(component => new[] { component })] : [[.. Enumerable.Range(0, components)]];
        foreach (int[] scan in scans)
        {
            Segment(stream, 0xDA, [(byte)scan.Length, .. scan.SelectMany(component => new byte[] { (byte)(component + 1), 0 }), (byte)predictor, 0, (byte)pointTransform]);
            EncodeScan(stream, samples, scan, precision, predictor, pointTransform, restartRows);
        }

        return [.. stream, 0xFF, 0xD9];
    }

    private static void EncodeScan(List<byte> stream, int[,,] samples, int[] scan, int precision, int predictor, int pointTransform, int restartRows)
    {
        var bits = new Bits(stream);
        for (int row = 0; row < samples.GetLength(0); row++)
        {
            bool isFirst = row == 0;
            if (restartRows > 0 && row > 0 && row % restartRows == 0)
            {
                bits.Flush();
                stream.AddRange([0xFF, (byte)(0xD0 + (((row / restartRows) - 1) % 8))]);
                isFirst = true;
            }

            for (int column = 0; column < samples.GetLength(1); column++)
            {
                foreach (int component in scan)
                {
                    int At(int y, int x) => samples[y, x, component] >> pointTransform;

                    int prediction = (isFirst, column) switch
                    {
                        (true, 0) => 1 << (precision - pointTransform - 1),
                        (true, _) => At(row, column - 1),
                        (false, 0) => At(row - 1, 0),
                        _ => Predict(predictor, At(row, column - 1), At(row - 1, column), At(row - 1, column - 1)),
                    };
                    bits.WriteDifference((short)(At(row, column) - prediction));
                }
            }
        }

        bits.Flush();
    }

    private static int Predict(int predictor, int a, int b, int c) => predictor switch
    {
        1 => a,
        2 => b,
        3 => c,
        4 => a + b - c,
        5 => a + ((b - c) >> 1),
        6 => b + ((a - c) >> 1),
        _ => (a + b) >> 1,
    };

    private static void Segment(List<byte> stream, byte marker, byte[] content) => stream.AddRange([0xFF, marker, .. Big(content.Length + 2), .. content]);

    private static byte[] Big(int value) => [(byte)(value >> 8), (byte)value];

    private sealed class Bits(List<byte> stream)
    {
        private int _byte;
        private int _count;

        public void WriteDifference(int difference)
        {
            int category = 0;
            while (Math.Abs(difference) >> category != 0)
            {
                category++;
            }

            Write(category, 5);
            if (category is > 0 and < 16)
            {
                Write(difference > 0 ? difference : difference + (1 << category) - 1, category);
            }
        }

        public void Flush()
        {
            while (_count != 0)
            {
                Write(1, 1);
            }
        }

        private void Write(int value, int count)
        {
            for (int bit = count - 1; bit >= 0; bit--)
            {
                _byte = (_byte << 1) | ((value >> bit) & 1);
                if (++_count == 8)
                {
                    stream.Add((byte)_byte);
                    if (_byte == 0xFF)
                    {
                        stream.Add(0);
                    }

                    (_byte, _count) = (0, 0);
                }
            }
        }
    }
}
