using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>Labelled points in a plane, for example a map of embeddings.</summary>
public sealed record ScatterChart : IChart
{
    /// <summary>Title above the chart.</summary>
    public string Title { get; init; } = "";

    /// <summary>Title of the horizontal axis.</summary>
    public string XTitle { get; init; } = "";

    /// <summary>Title of the vertical axis.</summary>
    public string YTitle { get; init; } = "";

    /// <summary>Horizontal values.</summary>
    public required IReadOnlyList<double> X { get; init; }

    /// <summary>As many vertical values.</summary>
    public required IReadOnlyList<double> Y { get; init; }

    /// <summary>The label of each point, an index into <see cref="LabelNames"/>.</summary>
    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>Names of the labels, in the legend; those without points are left out.</summary>
    public required IReadOnlyList<string> LabelNames { get; init; }

    /// <summary>Whether axes carry numbers; false for maps whose coordinates mean nothing.</summary>
    public bool ShowTicks { get; init; } = true;

    /// <summary>Radius of a marker in pixels.</summary>
    public double MarkerRadius { get; init; } = 3.5;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The lengths differ or a label has no name.</exception>
    public ChartPicture Render(int width, int height)
    {
        if (X.Count != Y.Count || X.Count != Labels.Count)
        {
            throw new ArgumentException($"Coordinates and labels must be of one length; got {X.Count}, {Y.Count} and {Labels.Count}.");
        }

        if (Labels.Any(label => label < 0 || label >= LabelNames.Count))
        {
            throw new ArgumentException($"A label is outside the {LabelNames.Count} label names.");
        }

        using var canvas = new ChartCanvas(width, height);
        var plot = Layout(canvas);
        if (ShowTicks)
        {
            plot.DrawGrid();
            plot.DrawAxes(XTitle, YTitle);
        }
        else
        {
            canvas.Box(plot.Bounds, ChartCanvas.Frame);
        }

        foreach (int i in DrawingOrder())
        {
            var (x, y) = plot.ToPixel(X[i], Y[i]);
            if (double.IsFinite(x) && double.IsFinite(y))
            {
                canvas.Marker(x, y, MarkerRadius, ChartPalette.Color(Labels[i]), Labels[i] / ChartPalette.Count);
            }
        }

        return canvas.ToPicture();
    }

    private PlotArea Layout(ChartCanvas canvas)
    {
        int top = Title.Length > 0 ? 34 : 10;
        canvas.TextFitted(Title, canvas.Width / 2.0, 16, canvas.Width - 16, ChartFont.Title, ChartCanvas.Ink, HorizontalAlignment.Center);
        var y = AxisScale.Create(Y, false, Math.Max(3, canvas.Height / 60), 0.04);
        int left = ShowTicks ? PlotArea.LeftRoom(y, YTitle) : 14;
        int bottom = !ShowTicks ? 14 : XTitle.Length > 0 ? 44 : 24;
        int[] shown = [.. Labels.Distinct().Order()];
        string[] names = [.. shown.Select(label => LabelNames[label])];
        int legendHeight = ChartLegend.Height(names, canvas.Width - left - 14);
        ChartLegend.DrawRows(canvas, names, new Rect(left, top - 4, canvas.Width - left - 14, legendHeight), (target, index, x, middle) =>
            target.Marker(x, middle, 5, ChartPalette.Color(shown[index]), shown[index] / ChartPalette.Count));
        var bounds = new Rect(left, top + legendHeight, canvas.Width - left - 14, canvas.Height - top - legendHeight - bottom);
        var horizontal = AxisScale.Create(X, false, Math.Max(2, bounds.Width / 75), 0.04);
        return new PlotArea(canvas, bounds, horizontal, y);
    }

    // Points in a fixed scattered order, so that the last label does not lie on top of all others.
    private IEnumerable<int> DrawingOrder() => Enumerable.Range(0, X.Count).OrderBy(i => unchecked((uint)i * 2654435761u));
}
