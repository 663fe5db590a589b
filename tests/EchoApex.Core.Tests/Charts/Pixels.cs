using EchoApex.Core.Charts;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Charts;

/// <summary>Looks into drawn pictures.</summary>
internal static class Pixels
{
    /// <summary>Places of all pixels of one colour, to within a difference a channel.</summary>
    public static List<(int X, int Y)> Find(ChartPicture picture, ChartColor color, int tolerance = 0)
    {
        var places = new List<(int X, int Y)>();
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                var found = picture[x, y];
                if (Math.Abs(found.R - color.R) <= tolerance && Math.Abs(found.G - color.G) <= tolerance && Math.Abs(found.B - color.B) <= tolerance)
                {
                    places.Add((x, y));
                }
            }
        }

        return places;
    }

    /// <summary>The frame of a plot: the largest box of the frame's colour.</summary>
    public static (int Left, int Top, int Right, int Bottom) Frame(ChartPicture picture)
    {
        var places = Find(picture, ChartCanvas.Frame);
        int longestRow = places.CountBy(place => place.Y).Max(pair => pair.Value);
        int longestColumn = places.CountBy(place => place.X).Max(pair => pair.Value);
        var rows = places.CountBy(place => place.Y).Where(pair => pair.Value > 0.8 * longestRow).Select(pair => pair.Key).ToList();
        var columns = places.CountBy(place => place.X).Where(pair => pair.Value > 0.8 * longestColumn).Select(pair => pair.Key).ToList();
        return (columns.Min(), rows.Min(), columns.Max(), rows.Max());
    }

    /// <summary>Decodes a PNG file as RGB.</summary>
    public static (int Width, int Height, ChartColor[,] Rows) Decode(byte[] png)
    {
        using var picture = Cv2.ImDecode(png, ImreadModes.Color);
        int width = picture.Width, height = picture.Height;
        var rows = new ChartColor[height, width];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var value = picture.At<Vec3b>(y, x);
                rows[y, x] = new ChartColor(value.Item2, value.Item1, value.Item0);
            }
        }

        return (width, height, rows);
    }
}
