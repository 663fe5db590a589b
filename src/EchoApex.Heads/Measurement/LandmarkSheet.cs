using EchoApex.Core.Charts;
using EchoApex.Core.Datasets.Annotated;
using OpenCvSharp;

namespace EchoApex.Heads.Measurement;

/// <summary>Frames with their points: predictions as filled discs joined by lines in a colour a length, truths as white crosses.</summary>
public sealed record LandmarkSheet : IChart
{
    private const int Gap = 6;
    private const int CaptionHeight = 18;
    private const int TitleHeight = 30;

    /// <summary>Title above the sheet.</summary>
    public string Title { get; init; } = "";

    /// <summary>The frames, row by row.</summary>
    public required IReadOnlyList<LandmarkPicture> Pictures { get; init; }

    /// <summary>The lengths NAME, each from NAME_start to NAME_end; other points are drawn without lines.</summary>
    public required IReadOnlyList<string> Lengths { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A picture has fewer bytes than its size says.</exception>
    public ChartPicture Render(int width, int height)
    {
        using var canvas = new ChartCanvas(width, height);
        canvas.TextFitted(Title, width / 2.0, 16, width - 16, ChartFont.Title, ChartCanvas.Ink, HorizontalAlignment.Center);
        int columns = 1;
        while (columns < Pictures.Count && Side(width, height, columns + 1) > Side(width, height, columns))
        {
            columns++;
        }

        int side = Side(width, height, columns);
        for (int i = 0; i < Pictures.Count && side > 8; i++)
        {
            int x = Gap + (i % columns * (side + Gap)), y = TitleHeight + (i / columns * (side + CaptionHeight + Gap));
            DrawPicture(canvas, Pictures[i], x, y, side);
        }

        return canvas.ToPicture();
    }

    private int Side(int width, int height, int columns)
    {
        int rows = (Pictures.Count + columns - 1) / columns;
        return Math.Min(((width - Gap) / columns) - Gap, ((height - TitleHeight) / Math.Max(1, rows)) - Gap - CaptionHeight);
    }

    private void DrawPicture(ChartCanvas canvas, LandmarkPicture picture, int x, int y, int side)
    {
        if (picture.Pixels.Length < picture.Side * picture.Side)
        {
            throw new ArgumentException($"A picture of {picture.Side} x {picture.Side} cannot be drawn from {picture.Pixels.Length} bytes.");
        }

        using var gray = Mat.FromPixelData(picture.Side, picture.Side, MatType.CV_8UC1, picture.Pixels.ToArray());
        using var rgb = new Mat();
        Cv2.CvtColor(gray, rgb, ColorConversionCodes.GRAY2RGB);
        using var scaled = new Mat();
        Cv2.Resize(rgb, scaled, new Size(side, side), 0, 0, side < picture.Side ? InterpolationFlags.Area : InterpolationFlags.Cubic);
        canvas.PasteMat(scaled, x, y);
        double scale = side / (double)picture.Side;
        (double X, double Y) Place(ImagePoint point) => (x + ((point.X + 0.5) * scale) - 0.5, y + ((point.Y + 0.5) * scale) - 0.5);
        var area = new Rect(x, y, side, side);
        foreach (var (name, point) in picture.Predicted)
        {
            int length = LengthOf(name);
            var color = ChartPalette.Color(length < 0 ? 6 : length);
            if (length >= 0 && name.EndsWith("_start", StringComparison.Ordinal) && picture.Predicted.TryGetValue($"{Lengths[length]}_end", out var end))
            {
                canvas.Polyline([Place(point), Place(end)], color, 1, area);
            }

            var (px, py) = Place(point);
            canvas.Marker(px, py, 2.5, color);
        }

        foreach (var point in picture.Truth.Values)
        {
            var (px, py) = Place(point);
            canvas.Polyline([(px - 4, py), (px + 4, py)], ChartCanvas.White, 1, area);
            canvas.Polyline([(px, py - 4), (px, py + 4)], ChartCanvas.White, 1, area);
        }

        canvas.TextFitted(picture.Caption, x + (side / 2.0), y + side + (CaptionHeight / 2.0), side, ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Center);
    }

    private int LengthOf(string point)
    {
        for (int i = 0; i < Lengths.Count; i++)
        {
            if (point == $"{Lengths[i]}_start" || point == $"{Lengths[i]}_end")
            {
                return i;
            }
        }

        return -1;
    }
}
