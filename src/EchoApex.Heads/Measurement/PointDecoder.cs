// Shape legend: B = images, K = landmarks, h, w = rows and columns of a heat map.
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Measurement;

/// <summary>Turns heat maps into points with fractions of a pixel.</summary>
public static class PointDecoder
{
    /// <summary>The mean place of each map's probability in cells of the heat map, with gradient: DSNT without its rescaling to -1 .. 1.</summary>
    /// <param name="logits_BKhw">Logits [B, K, h, w].</param>
    /// <returns>[B, K, 2], column and row in cells, the centre of the first cell being 0; the caller disposes it.</returns>
    public static Tensor MeanPlaces(Tensor logits_BKhw)
    {
        ArgumentNullException.ThrowIfNull(logits_BKhw);
        using var scope = NewDisposeScope();
        var (height, width) = (logits_BKhw.shape[2], logits_BKhw.shape[3]);
        var probability_BKhw = logits_BKhw.flatten(2).softmax(-1).view(logits_BKhw.shape);
        var columns_w = arange(width, float32, logits_BKhw.device);
        var rows_h = arange(height, float32, logits_BKhw.device);
        var x_BK = probability_BKhw.sum([2]).mul(columns_w).sum([2]);
        var y_BK = probability_BKhw.sum([3]).mul(rows_h).sum([2]);
        return stack([x_BK, y_BK], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Reads the points of a batch.</summary>
    /// <param name="logits_BKhw">Logits [B, K, h, w].</param>
    /// <param name="height">Rows of the images that the head was given.</param>
    /// <param name="width">Columns of them.</param>
    /// <param name="options">Names of the K landmarks, and how they are decoded.</param>
    /// <returns>For each image its K points, in pixels of those images.</returns>
    /// <exception cref="ArgumentException">There are not as many maps as names.</exception>
    public static IReadOnlyList<IReadOnlyList<LandmarkPrediction>> Decode(Tensor logits_BKhw, int height, int width, MeasurementHeadOptions options)
    {
        ArgumentNullException.ThrowIfNull(logits_BKhw);
        ArgumentNullException.ThrowIfNull(options);
        long[] shape = logits_BKhw.shape;
        if (shape.Length != 4 || shape[1] != options.Landmarks.Count)
        {
            throw new ArgumentException($"Heat maps of {options.Landmarks.Count} landmarks are [B, {options.Landmarks.Count}, h, w]; got [{string.Join(", ", shape)}].", nameof(logits_BKhw));
        }

        float[] probability = Probabilities(logits_BKhw);
        int rows = (int)shape[2], columns = (int)shape[3], cells = rows * columns;
        var result = new List<IReadOnlyList<LandmarkPrediction>>((int)shape[0]);
        for (int b = 0; b < shape[0]; b++)
        {
            var points = new LandmarkPrediction[shape[1]];
            for (int k = 0; k < points.Length; k++)
            {
                var map = probability.AsSpan(((b * points.Length) + k) * cells, cells);
                var (column, row, confidence) = DecodeMap(map, rows, columns, options);
                var point = new ImagePoint(((column + 0.5) * width / columns) - 0.5, ((row + 0.5) * height / rows) - 0.5);
                points[k] = new LandmarkPrediction(options.Landmarks[k], point, confidence);
            }

            result.Add(points);
        }

        return result;
    }

    private static float[] Probabilities(Tensor logits_BKhw)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var probability = logits_BKhw.detach().to(ScalarType.Float32).flatten(2).softmax(-1).cpu().contiguous();
        return probability.data<float>().ToArray();
    }

    private static (double Column, double Row, double Confidence) DecodeMap(ReadOnlySpan<float> map, int rows, int columns, MeasurementHeadOptions options)
    {
        int peak = 0;
        for (int i = 1; i < map.Length; i++)
        {
            peak = map[i] > map[peak] ? i : peak;
        }

        int radius = options.WindowRadius, peakRow = peak / columns, peakColumn = peak % columns;
        var (localRow, localColumn, mass) = Mean(
            map, columns, Math.Max(0, peakRow - radius), Math.Min(rows - 1, peakRow + radius), Math.Max(0, peakColumn - radius), Math.Min(columns - 1, peakColumn + radius));
        if (options.Decoding == HeatmapDecoding.LocalSoftArgmax)
        {
            return (localColumn, localRow, Math.Min(1, mass));
        }

        var (row, column, _) = Mean(map, columns, 0, rows - 1, 0, columns - 1);
        return (column, row, Math.Min(1, mass));
    }

    private static (double Row, double Column, double Mass) Mean(ReadOnlySpan<float> map, int columns, int top, int bottom, int left, int right)
    {
        double mass = 0, sumRow = 0, sumColumn = 0;
        for (int row = top; row <= bottom; row++)
        {
            for (int column = left; column <= right; column++)
            {
                double value = map[(row * columns) + column];
                mass += value;
                sumRow += value * row;
                sumColumn += value * column;
            }
        }

        return (sumRow / mass, sumColumn / mass, mass);
    }
}
