using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>Curves over a common horizontal axis, for example losses over steps.</summary>
public sealed record LineChart : IChart
{
    /// <summary>Title above the chart.</summary>
    public string Title { get; init; } = "";

    /// <summary>Title of the horizontal axis.</summary>
    public string XTitle { get; init; } = "";

    /// <summary>Title of the vertical axis.</summary>
    public string YTitle { get; init; } = "";

    /// <summary>The curves. The legend is left out when only one has a name equal to the chart's title, or none.</summary>
    public required IReadOnlyList<LineSeries> Series { get; init; }

    /// <summary>Whether the horizontal axis is logarithmic; values up to 0 are then left out.</summary>
    public bool LogarithmicX { get; init; }

    /// <summary>Whether the vertical axis is logarithmic; values up to 0 are then left out.</summary>
    public bool LogarithmicY { get; init; }

    /// <summary>
    /// Weight of the past in the moving average that is drawn over the pale raw values, in [0, 1): 0 draws the raw values
    /// alone, 0.9 averages over about 10 points.
    /// </summary>
    public double Smoothing { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A series has more values on one axis than on the other, or the smoothing is not in [0, 1).</exception>
    public ChartPicture Render(int width, int height)
    {
        if (!(Smoothing >= 0 && Smoothing < 1))
        {
            throw new ArgumentException($"Smoothing {Smoothing} is not in [0, 1).");
        }

        if (Series.FirstOrDefault(series => series.X.Count != series.Y.Count) is { } uneven)
        {
            throw new ArgumentException($"Series '{uneven.Name}' has {uneven.X.Count} horizontal and {uneven.Y.Count} vertical values.");
        }

        using var canvas = new ChartCanvas(width, height);
        var plot = Layout(canvas);
        plot.DrawGrid();
        for (int i = 0; i < Series.Count; i++)
        {
            if (!IsSmoothed(i))
            {
                continue;
            }

            Draw(canvas, plot, Series[i].X, Series[i].Y, ChartPalette.Color(i).Lighten(0.7), 1, dashed: false);
        }

        for (int i = 0; i < Series.Count; i++)
        {
            // Noise drawn with a broad pen is a band.
            int pen = !IsSmoothed(i) && Series[i].X.Count > plot.Bounds.Width / 2 && Series[i].IsNoisy ? 1 : 2;
            Draw(canvas, plot, Series[i].X, IsSmoothed(i) ? Smooth(Series[i].Y, Smoothing) : Series[i].Y, ChartPalette.Color(i), pen, IsDashed(i));
            if (Series[i].Marked)
            {
                Mark(canvas, plot, Series[i], i);
            }
        }

        if (!Series.Any(series => series.Y.Any(double.IsFinite)))
        {
            plot.DrawNote("no values");
        }

        plot.DrawAxes(XTitle, YTitle);
        return canvas.ToPicture();
    }

    /// <summary>Moving average without the bias of the start: the mean of what was seen, weighted smoothing^age. Gaps stay gaps.</summary>
    internal static double[] Smooth(IReadOnlyList<double> values, double smoothing)
    {
        double[] result = new double[values.Count];
        double sum = 0, weight = 0;
        for (int i = 0; i < values.Count; i++)
        {
            if (double.IsFinite(values[i]))
            {
                sum = (smoothing * sum) + ((1 - smoothing) * values[i]);
                weight = (smoothing * weight) + (1 - smoothing);
            }

            result[i] = double.IsFinite(values[i]) ? sum / weight : double.NaN;
        }

        return result;
    }

    private bool IsSmoothed(int series) => Smoothing > 0 && !Series[series].IsRaw;

    private PlotArea Layout(ChartCanvas canvas)
    {
        int top = Title.Length > 0 ? 34 : 10;
        canvas.TextFitted(Title, canvas.Width / 2.0, 16, canvas.Width - 16, ChartFont.Title, ChartCanvas.Ink, HorizontalAlignment.Center);
        string[] names = [.. Series.Select(series => series.Name)];
        bool hasLegend = names.Any(name => name.Length > 0) && !(names.Length == 1 && names[0] == Title);
        int bottom = XTitle.Length > 0 ? 44 : 24;
        var y = AxisScale.Create(Series.SelectMany(series => series.Y), LogarithmicY, Math.Max(3, canvas.Height / 50), 0.05);
        int left = PlotArea.LeftRoom(y, YTitle);
        int legendHeight = 0;
        if (hasLegend)
        {
            legendHeight = ChartLegend.Height(names, canvas.Width - left - 14);
            ChartLegend.DrawRows(canvas, names, new Rect(left, top - 4, canvas.Width - left - 14, legendHeight), (target, index, x, middle) =>
                target.Polyline([(x - 7, middle), (x + 7, middle)], ChartPalette.Color(index), 2, dashed: IsDashed(index)));
        }

        var bounds = new Rect(left, top + legendHeight, canvas.Width - left - 14, canvas.Height - top - legendHeight - bottom);
        var horizontal = AxisScale.Create(Series.SelectMany(series => series.X), LogarithmicX, Math.Max(2, bounds.Width / 75), 0);
        return new PlotArea(canvas, bounds, horizontal, y);
    }

    private bool IsDashed(int series) => Series[series].Dashed || series / ChartPalette.Count % 2 == 1;

    private static void Mark(ChartCanvas canvas, PlotArea plot, LineSeries series, int index)
    {
        foreach (var (x, y) in series.X.Zip(series.Y, plot.ToPixel).Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)))
        {
            canvas.Marker(x, y, 4, ChartPalette.Color(index), index);
        }
    }

    private static void Draw(ChartCanvas canvas, PlotArea plot, IReadOnlyList<double> xs, IReadOnlyList<double> ys, ChartColor color, int thickness, bool dashed)
    {
        var points = xs.Zip(ys, plot.ToPixel).ToList();
        canvas.Polyline(Reduce(points, plot), color, thickness, plot.Bounds, dashed);
    }

    // More points than a few a pixel column only cost time: keep each column's first, lowest, highest and last.
    private static List<(double X, double Y)> Reduce(List<(double X, double Y)> points, PlotArea plot)
    {
        if (points.Count <= plot.Bounds.Width * 8)
        {
            return points;
        }

        var kept = new List<(double X, double Y)>();
        for (int start = 0; start < points.Count;)
        {
            int end = start + 1, low = start, high = start;
            while (end < points.Count && Math.Floor(points[end].X) == Math.Floor(points[start].X) && double.IsFinite(points[end].Y))
            {
                low = points[end].Y < points[low].Y ? end : low;
                high = points[end].Y > points[high].Y ? end : high;
                end++;
            }

            kept.AddRange(new SortedSet<int> { start, low, high, end - 1 }.Select(index => points[index]));
            start = end;
        }

        return kept;
    }
}
