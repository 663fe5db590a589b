using EchoApex.Core.Runtime;

namespace EchoApex.Core.Phantoms;

/// <summary>Nearly normal noise for scatterers, four times as fast as exact normal numbers, and smooth random fields.</summary>
internal static class FastNoise
{
    /// <summary>Fills with numbers of mean 0 and variance 1: each the sum of four 16-bit uniform ones.</summary>
    public static void Fill(Span<float> values, RandomStream random)
    {
        const float scale = 1.7320508f / 65536;
        for (int i = 0; i < values.Length; i++)
        {
            ulong bits = random.NextUInt64();
            int sum = (int)(bits & 0xFFFF) + (int)((bits >> 16) & 0xFFFF) + (int)((bits >> 32) & 0xFFFF) + (int)(bits >> 48);
            values[i] = (sum - 131070) * scale;
        }
    }

    /// <summary>Fills rows x columns with a smooth field: normal numbers on a coarse grid, interpolated.</summary>
    public static void FillSmooth(Span<float> field, int rows, int columns, int coarseRows, int coarseColumns, double deviation, RandomStream random)
    {
        float[] coarse = new float[coarseRows * coarseColumns];
        random.FillNormal(coarse, 0, deviation);
        var (left, weight) = Places(columns, coarseColumns);
        var (top, topWeight) = Places(rows, coarseRows);
        for (int row = 0; row < rows; row++)
        {
            var upper = coarse.AsSpan(top[row] * coarseColumns, coarseColumns);
            var lower = coarse.AsSpan((top[row] + 1) * coarseColumns, coarseColumns);
            float down = topWeight[row];
            var output = field.Slice(row * columns, columns);
            for (int column = 0; column < columns; column++)
            {
                int at = left[column];
                float right = weight[column];
                float above = upper[at] + (right * (upper[at + 1] - upper[at]));
                float below = lower[at] + (right * (lower[at + 1] - lower[at]));
                output[column] = above + (down * (below - above));
            }
        }
    }

    private static (int[] Index, float[] Weight) Places(int count, int coarse)
    {
        var (index, weight) = (new int[count], new float[count]);
        for (int i = 0; i < count; i++)
        {
            float position = (float)i / (count - 1) * (coarse - 1);
            index[i] = Math.Min((int)position, coarse - 2);
            float t = position - index[i];
            weight[i] = t * t * (3 - (2 * t));
        }

        return (index, weight);
    }
}
