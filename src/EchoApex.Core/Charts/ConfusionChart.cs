using System.Globalization;
using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>A confusion matrix: a row a true label, a column a predicted one, shaded by the share of the row.</summary>
public sealed record ConfusionChart : IChart
{
    private static readonly ChartColor Full = new(8, 69, 128);

    /// <summary>Title above the chart.</summary>
    public string Title { get; init; } = "";

    /// <summary>Counts [true label, predicted label].</summary>
    public required int[,] Counts { get; init; }

    /// <summary>Names of the labels.</summary>
    public required IReadOnlyList<string> LabelNames { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The matrix is not square or does not fit the names.</exception>
    public ChartPicture Render(int width, int height)
    {
        int classes = LabelNames.Count;
        if (classes == 0 || Counts.GetLength(0) != classes || Counts.GetLength(1) != classes)
        {
            throw new ArgumentException($"{classes} labels need a matrix of {classes} x {classes}, got {Counts.GetLength(0)} x {Counts.GetLength(1)}.");
        }

        using var canvas = new ChartCanvas(width, height);
        canvas.TextFitted(Title, width / 2.0, 16, width - 16, ChartFont.Title, ChartCanvas.Ink, HorizontalAlignment.Center);
        int names = (int)Math.Min(LabelNames.Max(name => ChartCanvas.TextWidth(name, ChartFont.Small)) + 10, width * 0.3);
        int left = 26 + names;
        int top = Title.Length > 0 ? 32 : 10;
        int cell = Math.Max(4, Math.Min((width - left - 12) / classes, (height - top - 46) / classes));
        bool upright = LabelNames.All(name => ChartCanvas.TextWidth(name, ChartFont.Small) <= cell - 2);
        if (!upright)
        {
            cell = Math.Max(4, Math.Min(cell, (height - top - 30 - names) / classes));
        }

        for (int row = 0; row < classes; row++)
        {
            double middle = top + ((row + 0.5) * cell);
            canvas.TextFitted(LabelNames[row], left - 6, middle, names, ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Right);
            DrawRow(canvas, row, left, top + (row * cell), cell);
            double center = left + ((row + 0.5) * cell);
            if (upright)
            {
                canvas.Text(LabelNames[row], center, top + (classes * cell) + 12, ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Center);
            }
            else
            {
                double length = Math.Min(ChartCanvas.TextWidth(LabelNames[row], ChartFont.Small) + 8, names);
                canvas.TextUpwards(LabelNames[row], center, top + (classes * cell) + 2 + (length / 2), names, ChartFont.Small, ChartCanvas.Ink);
            }
        }

        canvas.Box(new Rect(left - 1, top - 1, (cell * classes) + 2, (cell * classes) + 2), ChartCanvas.Frame);
        canvas.TextUpwards("true", 12, top + (classes * cell / 2.0), classes * cell, ChartFont.Normal, ChartCanvas.Ink);
        canvas.Text("predicted", left + (classes * cell / 2.0), top + (classes * cell) + (upright ? 30 : names + 14), ChartFont.Normal, ChartCanvas.Ink, HorizontalAlignment.Center);
        return canvas.ToPicture();
    }

    private void DrawRow(ChartCanvas canvas, int row, int left, int top, int cell)
    {
        int classes = LabelNames.Count;
        int total = Enumerable.Range(0, classes).Sum(column => Counts[row, column]);
        for (int column = 0; column < classes; column++)
        {
            double share = total == 0 ? 0 : Counts[row, column] / (double)total;
            canvas.FillBox(new Rect(left + (column * cell), top, cell, cell), Full.Lighten(1 - share));
            var color = share > 0.5 ? ChartCanvas.White : ChartCanvas.Ink;
            double x = left + ((column + 0.5) * cell);
            string count = Counts[row, column].ToString(CultureInfo.InvariantCulture);
            var font = ChartCanvas.TextWidth(count, ChartFont.Small) <= cell - 2 ? ChartFont.Small : ChartFont.Tiny;
            if (ChartCanvas.TextWidth(count, font) > cell)
            {
                continue;
            }

            bool both = cell >= 40 && Counts[row, column] > 0;
            canvas.Text(count, x, top + (cell / 2.0) - (both ? 7 : 0), font, color, HorizontalAlignment.Center);
            if (both)
            {
                canvas.Text((100 * share).ToString("0", CultureInfo.InvariantCulture) + "%", x, top + (cell / 2.0) + 8, ChartFont.Small, color, HorizontalAlignment.Center);
            }
        }
    }
}
