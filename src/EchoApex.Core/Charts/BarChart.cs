using System.Globalization;
using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>Groups of bars with error bars, for example accuracies of several encoders under several probes.</summary>
public sealed record BarChart : IChart
{
    /// <summary>Title above the chart.</summary>
    public string Title { get; init; } = "";

    /// <summary>Title of the vertical axis.</summary>
    public string YTitle { get; init; } = "";

    /// <summary>Names of the groups of bars.</summary>
    public required IReadOnlyList<string> Categories { get; init; }

    /// <summary>One bar of each series stands in every group.</summary>
    public required IReadOnlyList<BarSeries> Series { get; init; }

    /// <summary>A dashed horizontal line, such as the accuracy of guessing; null for none.</summary>
    public double? Reference { get; init; }

    /// <summary>Name of the reference line in the legend.</summary>
    public string ReferenceName { get; init; } = "";

    /// <summary>Format of the values over the bars, such as "0.0"; null writes none.</summary>
    public string? ValueFormat { get; init; } = "0.0";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A series has another number of values than there are categories.</exception>
    public ChartPicture Render(int width, int height)
    {
        foreach (var series in Series)
        {
            if (new[] { series.Values, series.Low ?? series.Values, series.High ?? series.Values }.Any(values => values.Count != Categories.Count))
            {
                throw new ArgumentException($"Series '{series.Name}' must have {Categories.Count} values and as many error bars, one a category.");
            }
        }

        using var canvas = new ChartCanvas(width, height);
        var plot = Layout(canvas);
        plot.DrawGrid(vertical: false);
        double slot = plot.Bounds.Width / (double)Math.Max(1, Categories.Count);
        int bar = Math.Max(2, (int)(slot * 0.8 / Math.Max(1, Series.Count)));
        for (int c = 0; c < Categories.Count; c++)
        {
            double middle = plot.Bounds.X + ((c + 0.5) * slot);
            for (int s = 0; s < Series.Count; s++)
            {
                DrawBar(canvas, plot, Series[s], c, (int)Math.Round(middle + ((s - (Series.Count / 2.0)) * bar)), bar, ChartPalette.Color(s));
            }

            canvas.TextFitted(Categories[c], middle, plot.Bounds.Bottom + 13, slot - 4, ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Center);
        }

        DrawReference(canvas, plot);
        plot.DrawYAxis(YTitle);
        return canvas.ToPicture();
    }

    private PlotArea Layout(ChartCanvas canvas)
    {
        int top = Title.Length > 0 ? 34 : 10;
        canvas.TextFitted(Title, canvas.Width / 2.0, 16, canvas.Width - 16, ChartFont.Title, ChartCanvas.Ink, HorizontalAlignment.Center);
        var values = Series.SelectMany(series => series.Values.Concat(series.Low ?? []).Concat(series.High ?? [])).Append(0).Append(Reference ?? 0);
        var y = AxisScale.Create(values, false, Math.Max(3, canvas.Height / 50), 0.09, fromZero: true);
        int left = PlotArea.LeftRoom(y, YTitle);
        string[] names = [.. Series.Select(series => series.Name), .. Reference is null || ReferenceName.Length == 0 ? [] : new[] { ReferenceName }];
        int legendHeight = names.All(name => name.Length == 0) ? 0 : ChartLegend.Height(names, canvas.Width - left - 14);
        if (legendHeight > 0)
        {
            ChartLegend.DrawRows(canvas, names, new Rect(left, top - 4, canvas.Width - left - 14, legendHeight), DrawSwatch);
        }

        var bounds = new Rect(left, top + legendHeight, canvas.Width - left - 14, canvas.Height - top - legendHeight - 26);
        return new PlotArea(canvas, bounds, AxisScale.Exact(0, 1, 2), y);
    }

    private void DrawSwatch(ChartCanvas canvas, int index, double x, double middle)
    {
        if (index < Series.Count)
        {
            canvas.FillBox(new Rect((int)x - 6, (int)middle - 5, 12, 10), ChartPalette.Color(index));
        }
        else
        {
            canvas.Polyline([(x - 9, middle), (x + 9, middle)], ChartCanvas.Ink, 1, dashed: true);
        }
    }

    private void DrawBar(ChartCanvas canvas, PlotArea plot, BarSeries series, int category, int x, int width, ChartColor color)
    {
        double value = series.Values[category];
        if (!double.IsFinite(value))
        {
            return;
        }

        int zero = (int)Math.Round(plot.ToPixel(0, 0).Y);
        int end = (int)Math.Round(plot.ToPixel(0, value).Y);
        canvas.FillBox(new Rect(x + 1, Math.Min(zero, end), Math.Max(1, width - 2), Math.Max(1, Math.Abs(zero - end))), color);
        double middle = x + (width / 2);
        double top = Math.Min(zero, end);
        if (series.Low is { } low && series.High is { } high && double.IsFinite(low[category]) && double.IsFinite(high[category]))
        {
            double lowY = plot.ToPixel(0, low[category]).Y;
            double highY = plot.ToPixel(0, high[category]).Y;
            double cap = Math.Min(5, width / 4.0);
            canvas.Line(middle, lowY, middle, highY, ChartCanvas.Ink);
            canvas.Line(middle - cap, lowY, middle + cap, lowY, ChartCanvas.Ink);
            canvas.Line(middle - cap, highY, middle + cap, highY, ChartCanvas.Ink);
            top = Math.Min(top, highY);
        }

        if (ValueFormat is { } format)
        {
            string label = value.ToString(format, CultureInfo.InvariantCulture);
            if (ChartCanvas.TextWidth(label, ChartFont.Small) <= width + 4)
            {
                canvas.Text(label, middle, Math.Max(top - 9, plot.Bounds.Top + 7), ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Center);
            }
        }
    }

    private void DrawReference(ChartCanvas canvas, PlotArea plot)
    {
        if (Reference is not { } value)
        {
            return;
        }

        double y = plot.ToPixel(0, value).Y;
        canvas.Polyline([(plot.Bounds.Left, y), (plot.Bounds.Right, y)], ChartCanvas.Ink, 1, dashed: true);
    }
}
