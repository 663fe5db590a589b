using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>Names of series beside their colours: in a row that wraps under the title, or in columns at the right.</summary>
internal static class ChartLegend
{
    private const int RowHeight = 18;
    private const int SwatchWidth = 22;
    private const int Gap = 14;

    /// <summary>What stands before a name.</summary>
    public delegate void Swatch(ChartCanvas canvas, int index, double x, double y);

    /// <summary>Height of a legend that wraps at a width; 0 without names.</summary>
    public static int Height(IReadOnlyList<string> names, int width) =>
        names.Count == 0 ? 0 : (Places(names, width).Max(place => place.Row) + 1) * RowHeight;

    /// <summary>Draws rows of names from the top left of an area.</summary>
    public static void DrawRows(ChartCanvas canvas, IReadOnlyList<string> names, Rect area, Swatch swatch)
    {
        foreach (var (index, x, row) in Places(names, area.Width))
        {
            double y = area.Y + (row * RowHeight) + (RowHeight / 2.0);
            swatch(canvas, index, area.X + x + (SwatchWidth / 2.0) - 3, y);
            canvas.TextFitted(names[index], area.X + x + SwatchWidth, y, area.Width - x - SwatchWidth, ChartFont.Small, ChartCanvas.Ink);
        }
    }

    private static List<(int Index, int X, int Row)> Places(IReadOnlyList<string> names, int width)
    {
        var places = new List<(int, int, int)>();
        int x = 0, row = 0;
        for (int i = 0; i < names.Count; i++)
        {
            int needed = SwatchWidth + (int)ChartCanvas.TextWidth(names[i], ChartFont.Small);
            if (x > 0 && x + needed > width)
            {
                (x, row) = (0, row + 1);
            }

            places.Add((i, x, row));
            x += needed + Gap;
        }

        return places;
    }
}
