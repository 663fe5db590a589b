using System.Runtime.InteropServices;
using System.Text;
using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>A white picture and the strokes that charts are made of. Coordinates are pixels with fractions, y downwards.</summary>
internal sealed class ChartCanvas : IDisposable
{
    public static readonly ChartColor Ink = new(35, 35, 35);
    public static readonly ChartColor Pale = new(228, 228, 228);
    public static readonly ChartColor Frame = new(120, 120, 120);
    public static readonly ChartColor White = new(255, 255, 255);

    // OpenCV takes fixed-point coordinates: with four fractional bits slopes stay smooth.
    private const int FractionBits = 4;
    private const int MinimumWidth = 160;
    private const int MinimumHeight = 120;
    private const int MaximumSide = 20_000;
    private readonly Mat _pixels;

    public ChartCanvas(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, MinimumWidth);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, MinimumHeight);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, MaximumSide);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, MaximumSide);
        _pixels = new Mat(height, width, MatType.CV_8UC3, Scalar.White);
    }

    public int Width => _pixels.Width;

    public int Height => _pixels.Height;

    public void Dispose() => _pixels.Dispose();

    public ChartPicture ToPicture()
    {
        byte[] rgb = new byte[Width * Height * 3];
        Marshal.Copy(_pixels.Data, rgb, 0, rgb.Length);
        return new ChartPicture(rgb, Width, Height);
    }

    /// <summary>Connected lines; a point that is not finite interrupts them.</summary>
    public void Polyline(IReadOnlyList<(double X, double Y)> points, ChartColor color, int thickness, Rect? clip = null, bool dashed = false)
    {
        points = dashed ? Dashes(points) : points;
        using var area = Area(clip, out double left, out double top);
        var run = new List<Point>();
        for (int i = 0; i <= points.Count; i++)
        {
            if (i < points.Count && double.IsFinite(points[i].X) && double.IsFinite(points[i].Y))
            {
                run.Add(Fixed(points[i].X - left, points[i].Y - top));
                continue;
            }

            if (run.Count == 1)
            {
                Cv2.Circle(area, run[0], thickness << FractionBits, ToScalar(color), -1, LineTypes.AntiAlias, FractionBits);
            }
            else if (run.Count > 1)
            {
                Cv2.Polylines(area, [run], false, ToScalar(color), thickness, LineTypes.AntiAlias, FractionBits);
            }

            run.Clear();
        }
    }

    // Cuts a line into dashes of 5 pixels with gaps of 4, measured along the line; NaN marks a gap.
    private static List<(double X, double Y)> Dashes(IReadOnlyList<(double X, double Y)> points)
    {
        const double dash = 5, gap = 4;
        var result = new List<(double X, double Y)>();
        double travelled = 0;
        for (int i = 0; i + 1 < points.Count; i++)
        {
            var (from, to) = (points[i], points[i + 1]);
            double length = Math.Sqrt(Math.Pow(to.X - from.X, 2) + Math.Pow(to.Y - from.Y, 2));
            if (!double.IsFinite(length) || length > MaximumSide)
            {
                result.Add((double.NaN, double.NaN));
                continue;
            }

            for (double done = 0; done < length;)
            {
                double phase = (travelled + done) % (dash + gap);
                double next = Math.Min(length, done + Math.Max(0.01, phase < dash ? dash - phase : dash + gap - phase));
                if (phase < dash)
                {
                    result.Add((from.X + ((to.X - from.X) * done / length), from.Y + ((to.Y - from.Y) * done / length)));
                    result.Add((from.X + ((to.X - from.X) * next / length), from.Y + ((to.Y - from.Y) * next / length)));
                }
                else
                {
                    result.Add((double.NaN, double.NaN));
                }

                done = next;
            }

            travelled += length;
        }

        return result;
    }

    /// <summary>A thin level or upright line, on whole pixels so that it is crisp.</summary>
    public void Line(double x0, double y0, double x1, double y1, ChartColor color) =>
        Cv2.Line(_pixels, (int)Math.Round(x0), (int)Math.Round(y0), (int)Math.Round(x1), (int)Math.Round(y1), ToScalar(color));

    /// <summary>A filled box; edges are whole pixels.</summary>
    public void FillBox(Rect box, ChartColor color) => Cv2.Rectangle(_pixels, box, ToScalar(color), -1);

    public void Box(Rect box, ChartColor color) => Cv2.Rectangle(_pixels, box, ToScalar(color), 1);

    /// <summary>A filled marker with a thin white rim; the shape changes with <paramref name="shape"/>: disc, square, triangle, diamond.</summary>
    public void Marker(double x, double y, double radius, ChartColor color, int shape = 0)
    {
        if (shape % 4 == 0)
        {
            Cv2.Circle(_pixels, Fixed(x, y), FixedLength(radius + 0.8), ToScalar(White), -1, LineTypes.AntiAlias, FractionBits);
            Cv2.Circle(_pixels, Fixed(x, y), FixedLength(radius), ToScalar(color), -1, LineTypes.AntiAlias, FractionBits);
            return;
        }

        (double X, double Y)[] corners = (shape % 4) switch
        {
            1 => [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            2 => [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
            _ => [(0, -1.3), (1.1, 0), (0, 1.3), (-1.1, 0)],
        };
        foreach (var (size, fill) in new[] { (radius + 1, White), (radius, color) })
        {
            Cv2.FillConvexPoly(_pixels, [.. corners.Select(corner => Fixed(x + (corner.X * size), y + (corner.Y * size)))], ToScalar(fill), LineTypes.AntiAlias, FractionBits);
        }
    }

    /// <summary>Text whose middle line lies at <paramref name="y"/>.</summary>
    public void Text(string text, double x, double y, ChartFont font, ChartColor color, HorizontalAlignment alignment = HorizontalAlignment.Left) =>
        Write(_pixels, Printable(text), x, y, font, color, alignment);

    /// <summary>Text that is shortened with dots to a width.</summary>
    public void TextFitted(string text, double x, double y, double width, ChartFont font, ChartColor color, HorizontalAlignment alignment = HorizontalAlignment.Left) =>
        Text(Fit(text, width, font), x, y, font, color, alignment);

    /// <summary>Text that reads upwards, centred on a point.</summary>
    public void TextUpwards(string text, double x, double y, double length, ChartFont font, ChartColor color)
    {
        string shown = Fit(text, length, font);
        int width = (int)TextWidth(shown, font) + 8;
        const int height = 28;
        using var strip = new Mat(height, width, MatType.CV_8UC3, Scalar.White);
        Write(strip, shown, width / 2.0, height / 2.0, font, color, HorizontalAlignment.Center);
        using var turned = new Mat();
        Cv2.Rotate(strip, turned, RotateFlags.Rotate90Counterclockwise);
        Darken(turned, (int)(x - (height / 2.0)), (int)(y - (width / 2.0)));
    }

    public static double TextWidth(string text, ChartFont font)
    {
        // OpenCvSharp takes an empty string for a missing one.
        var (face, scale, thickness) = Style(font);
        return text.Length == 0 ? 0 : Cv2.GetTextSize(Printable(text), face, scale, thickness, out _).Width;
    }

    public static string Fit(string text, double width, ChartFont font)
    {
        string shown = Printable(text);
        if (TextWidth(shown, font) <= width)
        {
            return shown;
        }

        int length = shown.Length;
        while (length > 1 && TextWidth(shown[..length].TrimEnd() + "..", font) > width)
        {
            length--;
        }

        return shown[..length].TrimEnd() + "..";
    }

    public void Paste(ChartPicture picture, int x, int y)
    {
        using var source = Mat.FromPixelData(picture.Height, picture.Width, MatType.CV_8UC3, picture.Rgb.ToArray());
        PasteMat(source, x, y);
    }

    /// <summary>Puts an RGB matrix onto the picture.</summary>
    public void PasteMat(Mat source, int x, int y)
    {
        using var target = new Mat(_pixels, new Rect(x, y, source.Width, source.Height));
        source.CopyTo(target);
    }

    // Takes the darker of strip and picture, so that a strip of text never blanks what lies under it.
    private void Darken(Mat strip, int x, int y)
    {
        var visible = new Rect(x, y, strip.Width, strip.Height).Intersect(new Rect(0, 0, Width, Height));
        if (visible.Width > 0 && visible.Height > 0)
        {
            using var target = new Mat(_pixels, visible);
            using var source = new Mat(strip, new Rect(visible.X - x, visible.Y - y, visible.Width, visible.Height));
            Cv2.Min(source, target, target);
        }
    }

    private Mat Area(Rect? clip, out double left, out double top)
    {
        var rect = clip ?? new Rect(0, 0, Width, Height);
        (left, top) = (rect.X, rect.Y);
        return new Mat(_pixels, rect);
    }

    private static void Write(Mat target, string text, double x, double y, ChartFont font, ChartColor color, HorizontalAlignment alignment)
    {
        if (text.Length == 0)
        {
            return;
        }

        var (face, scale, thickness) = Style(font);
        var size = Cv2.GetTextSize(text, face, scale, thickness, out _);
        double left = alignment switch
        {
            HorizontalAlignment.Center => x - (size.Width / 2.0),
            HorizontalAlignment.Right => x - size.Width,
            _ => x,
        };
        Cv2.PutText(target, text, new Point((int)Math.Round(left), (int)Math.Round(y + (size.Height / 2.0))), face, scale, ToScalar(color), thickness, LineTypes.AntiAlias);
    }

    private static (HersheyFonts Face, double Scale, int Thickness) Style(ChartFont font) => font switch
    {
        ChartFont.Tiny => (HersheyFonts.HersheySimplex, 0.32, 1),
        ChartFont.Small => (HersheyFonts.HersheySimplex, 0.4, 1),
        ChartFont.Normal => (HersheyFonts.HersheySimplex, 0.45, 1),
        ChartFont.Title => (HersheyFonts.HersheyDuplex, 0.5, 1),
        _ => (HersheyFonts.HersheyDuplex, 0.65, 1),
    };

    // OpenCV's stroke fonts hold ASCII alone and draw anything else as question marks.
    private static string Printable(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char value in text.Normalize(NormalizationForm.FormD))
        {
            if (System.Globalization.CharUnicodeInfo.GetUnicodeCategory(value) == System.Globalization.UnicodeCategory.NonSpacingMark)
            {
                continue;
            }

            result.Append(value switch
            {
                '\u2212' or '\u2013' or '\u2014' => "-",
                '\u00b1' => "+/-",
                '\u00d7' => "x",
                '\u00b5' or '\u03bc' => "u",
                >= ' ' and <= '~' => value.ToString(),
                _ => "?",
            });
        }

        return result.ToString();
    }

    // Far outside the picture a point is drawn the same wherever it is; fixed-point numbers must not overflow.
    private static Point Fixed(double x, double y) => new(FixedLength(x), FixedLength(y));

    private static int FixedLength(double value) => (int)Math.Round(Math.Clamp(value, -100_000, 100_000) * (1 << FractionBits));

    private static Scalar ToScalar(ChartColor color) => new(color.R, color.G, color.B);
}
