using System.Globalization;
using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>
/// Agreement of two measurements: their difference over their mean, with lines at the mean difference (bias) and at the limits of
/// agreement, bias plus and minus 1.96 standard deviations (Bland and Altman, Lancet 1986;327:307-310).
/// </summary>
public sealed record BlandAltmanChart : IChart
{
    /// <summary>Title above the chart.</summary>
    public string Title { get; init; } = "";

    /// <summary>What is measured, with its unit: "ejection fraction (%)".</summary>
    public string Quantity { get; init; } = "";

    /// <summary>The reference.</summary>
    public required IReadOnlyList<double> Truth { get; init; }

    /// <summary>As many measurements to judge; the difference is measurement minus reference.</summary>
    public required IReadOnlyList<double> Measured { get; init; }

    /// <summary>Radius of a marker in pixels.</summary>
    public double MarkerRadius { get; init; } = 3;

    /// <summary>Mean difference.</summary>
    public double Bias => Truth.Count == 0 ? double.NaN : Differences.Average();

    /// <summary>Half the distance of the limits of agreement: 1.96 sample standard deviations of the difference; NaN below two cases.</summary>
    public double HalfWidth
    {
        get
        {
            double bias = Bias;
            return Truth.Count < 2 ? double.NaN : 1.96 * Math.Sqrt(Differences.Sum(difference => (difference - bias) * (difference - bias)) / (Truth.Count - 1));
        }
    }

    private IEnumerable<double> Differences => Truth.Zip(Measured, (truth, measured) => measured - truth);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public ChartPicture Render(int width, int height)
    {
        if (Truth.Count != Measured.Count)
        {
            throw new ArgumentException($"Reference and measurement must be of one length; got {Truth.Count} and {Measured.Count}.");
        }

        using var canvas = new ChartCanvas(width, height);
        double[] means = [.. Truth.Zip(Measured, (truth, measured) => (truth + measured) / 2)];
        double[] differences = [.. Differences];
        var (low, high) = (Bias - HalfWidth, Bias + HalfWidth);
        int top = Title.Length > 0 ? 34 : 10;
        canvas.TextFitted(Title, canvas.Width / 2.0, 16, canvas.Width - 16, ChartFont.Title, ChartCanvas.Ink, HorizontalAlignment.Center);
        var y = AxisScale.Create([.. differences, low, high, 0], false, Math.Max(3, canvas.Height / 60), 0.08);
        string yTitle = Quantity.Length > 0 ? $"difference of {Quantity}" : "difference";
        int left = PlotArea.LeftRoom(y, yTitle);
        var bounds = new Rect(left, top, canvas.Width - left - 14, canvas.Height - top - 44);
        var x = AxisScale.Create(means, false, Math.Max(2, bounds.Width / 75), 0.04);
        var plot = new PlotArea(canvas, bounds, x, y);
        plot.DrawGrid();
        plot.DrawAxes(Quantity.Length > 0 ? $"mean of both, {Quantity}" : "mean of both", yTitle);
        if (means.Length == 0)
        {
            plot.DrawNote("no cases");
        }

        for (int i = 0; i < means.Length; i++)
        {
            var (px, py) = plot.ToPixel(means[i], differences[i]);
            if (double.IsFinite(px) && double.IsFinite(py))
            {
                canvas.Marker(px, py, MarkerRadius, ChartPalette.Color(0));
            }
        }

        Level(canvas, plot, Bias, dashed: false);
        Level(canvas, plot, low, dashed: true);
        Level(canvas, plot, high, dashed: true);
        return canvas.ToPicture();
    }

    private static void Level(ChartCanvas canvas, PlotArea plot, double value, bool dashed)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        double y = Math.Round(plot.ToPixel(plot.X.Minimum, value).Y);
        canvas.Polyline([(plot.Bounds.Left + 1, y), (plot.Bounds.Right - 2, y)], ChartPalette.Color(1), 1, plot.Bounds, dashed);
        canvas.Text(value.ToString("0.0", CultureInfo.InvariantCulture), plot.Bounds.Right - 6, y - 8, ChartFont.Small, ChartPalette.Color(1), HorizontalAlignment.Right);
    }
}
