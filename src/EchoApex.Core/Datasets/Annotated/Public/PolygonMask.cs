namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Draws a traced outline as a mask: corners are rounded to pixels; pixels inside or on the outline count.</summary>
internal static class PolygonMask
{
    private const double Tolerance = 1e-9;

    /// <summary>Area in square pixels, not negative.</summary>
    public static double Area(IReadOnlyList<ImagePoint> corners)
    {
        double sum = 0;
        for (int i = 0; i < corners.Count; i++)
        {
            var (a, b) = (corners[i], corners[(i + 1) % corners.Count]);
            sum += (a.X * b.Y) - (b.X * a.Y);
        }

        return Math.Abs(sum) / 2;
    }

    /// <summary>A mask with the value 1 in the outline; parts outside the frame are cut off.</summary>
    public static LabelMask Draw(IReadOnlyList<ImagePoint> outline, int height, int width)
    {
        byte[] labels = new byte[height * width];
        (double X, double Y)[] corners = [.. outline.Select(point => (Math.Round(point.X), Math.Round(point.Y)))];
        var crossings = new List<double>();
        for (int y = 0; y < height; y++)
        {
            var row = labels.AsSpan(y * width, width);
            crossings.Clear();
            for (int i = 0; i < corners.Length; i++)
            {
                var (a, b) = (corners[i], corners[(i + 1) % corners.Length]);
                if ((a.Y <= y) != (b.Y <= y))
                {
                    crossings.Add(a.X + ((y - a.Y) * (b.X - a.X) / (b.Y - a.Y)));
                }

                // Level edges and lowest corners lie on the outline but are no crossings.
                if (b.Y == y)
                {
                    Fill(row, b.X, a.Y == y ? a.X : b.X);
                }
            }

            crossings.Sort();
            for (int i = 0; i + 1 < crossings.Count; i += 2)
            {
                Fill(row, crossings[i], crossings[i + 1]);
            }
        }

        return new LabelMask(labels, height, width);
    }

    private static void Fill(Span<byte> row, double a, double b)
    {
        double first = Math.Max(0, Math.Ceiling(Math.Min(a, b) - Tolerance));
        double last = Math.Min(row.Length - 1, Math.Floor(Math.Max(a, b) + Tolerance));
        if (first <= last)
        {
            row[(int)first..((int)last + 1)].Fill(1);
        }
    }
}
