using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>The rectangle that data are drawn in, with its axes: maps values to pixels and draws frame, grid, ticks and titles.</summary>
internal sealed class PlotArea
{
    private const int TickLength = 4;
    private readonly ChartCanvas _canvas;

    public PlotArea(ChartCanvas canvas, Rect bounds, AxisScale x, AxisScale y)
    {
        (_canvas, Bounds, X, Y) = (canvas, bounds, x, y);
    }

    public Rect Bounds { get; }

    public AxisScale X { get; }

    public AxisScale Y { get; }

    /// <summary>Room for the labels of a vertical axis and its title.</summary>
    public static int LeftRoom(AxisScale y, string title) =>
        (int)y.Ticks.Select(tick => ChartCanvas.TextWidth(tick.Label, ChartFont.Small)).DefaultIfEmpty(0).Max() + 16 + (title.Length > 0 ? 22 : 0);

    public (double X, double Y) ToPixel(double x, double y) =>
        (Bounds.X + (X.Position(x) * (Bounds.Width - 1)), Bounds.Y + ((1 - Y.Position(y)) * (Bounds.Height - 1)));

    public void DrawGrid(bool vertical = true)
    {
        foreach (var (value, _) in vertical ? X.Ticks : [])
        {
            double x = Math.Round(ToPixel(value, Y.Minimum).X);
            _canvas.Line(x, Bounds.Top, x, Bounds.Bottom - 1, ChartCanvas.Pale);
        }

        foreach (var (value, _) in Y.Ticks)
        {
            double y = Math.Round(ToPixel(X.Minimum, value).Y);
            _canvas.Line(Bounds.Left, y, Bounds.Right - 1, y, ChartCanvas.Pale);
        }
    }

    public void DrawAxes(string xTitle, string yTitle)
    {
        DrawYAxis(yTitle);
        double lastEnd = double.NegativeInfinity;
        foreach (var (value, label) in X.Ticks)
        {
            double x = Math.Round(ToPixel(value, Y.Minimum).X);
            double half = ChartCanvas.TextWidth(label, ChartFont.Small) / 2;
            _canvas.Line(x, Bounds.Bottom, x, Bounds.Bottom + TickLength, ChartCanvas.Frame);
            double center = Math.Min(x, _canvas.Width - half - 3);
            if (center - half > lastEnd + 8)
            {
                _canvas.Text(label, center, Bounds.Bottom + 13, ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Center);
                lastEnd = center + half;
            }
        }

        _canvas.TextFitted(xTitle, Bounds.Left + (Bounds.Width / 2.0), Bounds.Bottom + 31, Bounds.Width, ChartFont.Normal, ChartCanvas.Ink, HorizontalAlignment.Center);
    }

    /// <summary>A remark in the middle of an empty plot.</summary>
    public void DrawNote(string text) =>
        _canvas.TextFitted(text, Bounds.X + (Bounds.Width / 2.0), Bounds.Y + (Bounds.Height / 2.0), Bounds.Width, ChartFont.Normal, ChartCanvas.Frame, HorizontalAlignment.Center);

    public void DrawYAxis(string yTitle)
    {
        _canvas.Box(Bounds, ChartCanvas.Frame);
        foreach (var (value, label) in Y.Ticks)
        {
            double y = Math.Round(ToPixel(X.Minimum, value).Y);
            _canvas.Line(Bounds.Left - TickLength, y, Bounds.Left, y, ChartCanvas.Frame);
            _canvas.Text(label, Bounds.Left - 7, y, ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Right);
        }

        if (yTitle.Length > 0)
        {
            _canvas.TextUpwards(yTitle, 14, Bounds.Top + (Bounds.Height / 2.0), Bounds.Height, ChartFont.Normal, ChartCanvas.Ink);
        }
    }
}
