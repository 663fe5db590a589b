// Shape legend: H, W = rows and columns of a mask, row by row; a byte that is not 0 belongs to it.
namespace EchoApex.Heads.Segmentation;

/// <summary>Regions of masks and exact distances in them.</summary>
internal static class MaskRegions
{
    /// <summary>Keeps the largest region of neighbouring pixels (four neighbours); the first in reading order where sizes are equal.</summary>
    /// <returns>Indices of its pixels; empty for an empty mask.</returns>
    public static int[] Largest(ReadOnlySpan<byte> mask_HW, int width)
    {
        bool[] seen = new bool[mask_HW.Length];
        List<int> best = [];
        List<int> region = [];
        for (int start = 0; start < mask_HW.Length; start++)
        {
            if (mask_HW[start] == 0 || seen[start])
            {
                continue;
            }

            Flood(mask_HW, width, start, seen, region);
            if (region.Count > best.Count)
            {
                (best, region) = (region, best);
            }

            region.Clear();
        }

        return [.. best];
    }

    /// <summary>
    /// The squared distance of each pixel to the nearest pixel of the mask, between centres; infinite for an empty mask. Exact
    /// (Felzenszwalb and Huttenlocher 2012): one pass down the columns, one along the rows.
    /// </summary>
    /// <param name="mask_HW">The mask.</param>
    /// <param name="width">Columns.</param>
    /// <param name="pixelWidth">Distance between neighbouring columns.</param>
    /// <param name="pixelHeight">Distance between neighbouring rows.</param>
    public static double[] SquaredDistances(ReadOnlySpan<byte> mask_HW, int width, double pixelWidth, double pixelHeight)
    {
        int height = mask_HW.Length / width;
        double[] distances = new double[mask_HW.Length];
        for (int i = 0; i < distances.Length; i++)
        {
            distances[i] = mask_HW[i] != 0 ? 0 : double.PositiveInfinity;
        }

        var columns = new LowerEnvelope(height, pixelHeight);
        for (int x = 0; x < width; x++)
        {
            columns.Transform(distances, x, width);
        }

        var rows = new LowerEnvelope(width, pixelWidth);
        for (int y = 0; y < height; y++)
        {
            rows.Transform(distances, y * width, 1);
        }

        return distances;
    }

    private static void Flood(ReadOnlySpan<byte> mask, int width, int start, bool[] seen, List<int> region)
    {
        region.Add(start);
        seen[start] = true;
        for (int next = 0; next < region.Count; next++)
        {
            int place = region[next];
            int x = place % width;
            Visit(mask, place - 1, x > 0, seen, region);
            Visit(mask, place + 1, x < width - 1, seen, region);
            Visit(mask, place - width, place >= width, seen, region);
            Visit(mask, place + width, place + width < mask.Length, seen, region);
        }
    }

    private static void Visit(ReadOnlySpan<byte> mask, int place, bool exists, bool[] seen, List<int> region)
    {
        if (exists && mask[place] != 0 && !seen[place])
        {
            seen[place] = true;
            region.Add(place);
        }
    }

    /// <summary>The lower envelope of parabolas over one line of pixels.</summary>
    private sealed class LowerEnvelope(int length, double step)
    {
        private readonly double[] _values = new double[length];
        private readonly int[] _vertex = new int[length];
        private readonly double[] _from = new double[length + 1];

        public void Transform(double[] distances, int start, int stride)
        {
            int count = 0;
            for (int i = 0; i < length; i++)
            {
                _values[i] = distances[start + (i * stride)];
                if (!double.IsPositiveInfinity(_values[i]))
                {
                    count = Add(count, i);
                }
            }

            if (count == 0)
            {
                return;
            }

            _from[count] = double.PositiveInfinity;
            for (int i = 0, parabola = 0; i < length; i++)
            {
                while (_from[parabola + 1] < i)
                {
                    parabola++;
                }

                double apart = (i - _vertex[parabola]) * step;
                distances[start + (i * stride)] = (apart * apart) + _values[_vertex[parabola]];
            }
        }

        private int Add(int count, int vertex)
        {
            double crossing = double.NegativeInfinity;
            while (count > 0)
            {
                int last = _vertex[count - 1];
                double rise = (_values[vertex] - _values[last]) / (step * step);
                crossing = (rise + ((double)vertex * vertex) - ((double)last * last)) / (2.0 * (vertex - last));
                if (crossing > _from[count - 1])
                {
                    break;
                }

                count--;
                crossing = double.NegativeInfinity;
            }

            (_vertex[count], _from[count]) = (vertex, crossing);
            return count + 1;
        }
    }
}
