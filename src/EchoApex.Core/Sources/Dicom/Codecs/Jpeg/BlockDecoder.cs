namespace EchoApex.Core.Sources.Dicom.Codecs.Jpeg;

/// <summary>Blocks of 8 x 8 samples from their cosine coefficients (ITU-T T.81 A.3.3 and F.2.2).</summary>
internal static class BlockDecoder
{
    // Place in the block, row by row, of each coefficient as it comes (figure A.6).
    public static ReadOnlySpan<byte> ZigZag =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    // Basis[8 * frequency + position] = C(frequency) / 2 * cos((2 position + 1) frequency pi / 16).
    private static readonly float[] Basis = [.. Enumerable.Range(0, 64).Select(i =>
        (float)((i < 8 ? Math.Sqrt(.125) : .5) * Math.Cos(((2 * (i % 8)) + 1) * (i / 8) * Math.PI / 16)))];

    /// <summary>Reads the coefficients of a block and takes the quantization back.</summary>
    public static void ReadCoefficients(ref JpegBits bits, HuffmanTable dc, HuffmanTable ac, ushort[] quantization, ref int prediction, scoped Span<float> block)
    {
        block.Clear();
        int category = bits.ReadSymbol(dc);
        if (category > 15)
        {
            throw new InvalidDataException($"its JPEG data has a DC difference of {category} bits; it is damaged.");
        }

        prediction += bits.ReadSigned(category);
        block[0] = prediction * quantization[0];
        for (int k = 1; k < 64; k++)
        {
            int symbol = bits.ReadSymbol(ac);
            var (zeros, size) = (symbol >> 4, symbol & 0x0F);
            if (size == 0)
            {
                if (zeros != 15)
                {
                    return;
                }

                k += 15;
                continue;
            }

            k += zeros;
            if (k > 63)
            {
                throw new InvalidDataException("its JPEG data has a block of more than 64 coefficients; it is damaged.");
            }

            int place = ZigZag[k];
            block[place] = bits.ReadSigned(size) * quantization[place];
        }
    }

    /// <summary>The inverse transform, level shift and limits.</summary>
    public static void Transform(ReadOnlySpan<float> block, int precision, Span<ushort> samples, int stride)
    {
        Span<float> columns = stackalloc float[64];
        for (int x = 0; x < 8; x++)
        {
            for (int y = 0; y < 8; y++)
            {
                float sum = 0;
                for (int v = 0; v < 8; v++)
                {
                    sum += Basis[(8 * v) + y] * block[(8 * v) + x];
                }

                columns[(8 * y) + x] = sum;
            }
        }

        int most = (1 << precision) - 1;
        float middle = 1 << (precision - 1);
        for (int y = 0; y < 8; y++)
        {
            for (int x = 0; x < 8; x++)
            {
                float sum = middle;
                for (int u = 0; u < 8; u++)
                {
                    sum += Basis[(8 * u) + x] * columns[(8 * y) + u];
                }

                samples[(y * stride) + x] = (ushort)Math.Clamp(MathF.Round(sum), 0, most);
            }
        }
    }
}
