using EchoApex.Core.Charts;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Heads.Studies;
using OpenCvSharp;
using static EchoApex.Heads.Reporting.HtmlText;

namespace EchoApex.Heads.Reporting;

/// <summary>Pictures of a report: gray frames as embedded PNG, what is drawn over them as vectors, so that print is sharp.</summary>
internal static class HtmlPictures
{
    private const int ThumbnailSide = 240;

    /// <summary>The colour of a structure or a length, in frames and legends.</summary>
    public static string Color(string name) => name switch
    {
        "left_ventricle" => "#ff5a4f",
        "left_ventricular_myocardium" => "#f5b301",
        "left_atrium" => "#4aa8ff",
        "right_ventricle" => "#57d68d",
        "right_atrium" => "#c58bff",
        "ivs" => "#f5b301",
        "lvid" => "#ff5a4f",
        "lvpw" => "#4aa8ff",
        _ => "#ffffff",
    };

    /// <summary>The name of a structure for people.</summary>
    public static string Title(string name) => name switch
    {
        "ivs" => "septum",
        "lvid" => "internal diameter",
        "lvpw" => "posterior wall",
        "long_axis" => "long axis",
        "left_ventricular_myocardium" => "LV myocardium",
        _ => name.Replace('_', ' '),
    };

    /// <summary>A measured frame with its overlay.</summary>
    public static Raw Frame(KeyFrame frame)
    {
        if (frame.Picture is not { } picture)
        {
            return Of($"<p class=\"muted\">no picture</p>");
        }

        var overlay = new HtmlText();
        overlay.Each(frame.Contours, contour => $"<polygon points=\"{Points(contour.Points, picture)}\" fill=\"{Color(contour.Structure)}\" fill-opacity=\"0.12\" stroke=\"{Color(contour.Structure)}\"/>");
        double font = picture.Width * 0.042;
        foreach (var caliper in frame.Calipers)
        {
            var (from, to) = (Place(caliper.From, picture), Place(caliper.To, picture));
            bool isAxis = caliper.Name == "long_axis";
            overlay.Add($"<line x1=\"{Number(from.X)}\" y1=\"{Number(from.Y)}\" x2=\"{Number(to.X)}\" y2=\"{Number(to.Y)}\" stroke=\"{Color(caliper.Name)}\" stroke-dasharray=\"{(isAxis ? "4 3" : "none")}\"/>");
            overlay.Each(new[] { from, to }, point => $"<circle cx=\"{Number(point.X)}\" cy=\"{Number(point.Y)}\" r=\"{Number(picture.Width * 0.008)}\" fill=\"{Color(caliper.Name)}\" stroke=\"none\"/>");
            double x = Math.Min(Math.Max(from.X, to.X) + (font * 0.5), picture.Width - (font * 4.2));
            overlay.Add($"<text x=\"{Number(x)}\" y=\"{Number(((from.Y + to.Y) / 2) + (font * 0.35))}\" font-size=\"{Number(font)}\" fill=\"{Color(caliper.Name)}\">{caliper.Label}</text>");
        }

        return Of($"<svg class=\"frame\" viewBox=\"0 0 {picture.Width} {picture.Height}\" role=\"img\" aria-label=\"{frame.Caption}\"><image href=\"{Png(picture)}\" width=\"{picture.Width}\" height=\"{picture.Height}\"/><g class=\"overlay\">{overlay.ToRaw()}</g></svg>");
    }

    /// <summary>A small picture of a clip.</summary>
    public static Raw Thumbnail(GrayPicture? picture) => picture is null
        ? Of($"<div class=\"nothumb\">no picture</div>")
        : Of($"<img class=\"thumb\" alt=\"\" src=\"{Png(Small(picture))}\"/>");

    /// <summary>A tile of an explanation.</summary>
    public static Raw Tile(SheetTile tile)
    {
        using var rgb = Mat.FromPixelData(tile.Height, tile.Width, MatType.CV_8UC3, tile.Pixels.ToArray());
        using var bgr = new Mat();
        Cv2.CvtColor(rgb, bgr, ColorConversionCodes.RGB2BGR);

        // Heat maps are smooth: JPEG holds a page of them in a tenth of PNG's bytes.
        Cv2.ImEncode(".jpg", bgr, out byte[] bytes, [(int)ImwriteFlags.JpegQuality, 88]);
        return Of($"<figure><img alt=\"\" src=\"data:image/jpeg;base64,{Convert.ToBase64String(bytes)}\"/><figcaption>{tile.Caption}</figcaption></figure>");
    }

    private static string Points(IReadOnlyList<ImagePoint> points, GrayPicture picture) => string.Join(' ', points.Select(point =>
    {
        var (x, y) = Place(point, picture);
        return $"{Number(x)},{Number(y)}";
    }));

    // The centre of a pixel lies half a pixel within the picture.
    private static (double X, double Y) Place(ImagePoint point, GrayPicture picture) => (point.X - picture.X + 0.5, point.Y - picture.Y + 0.5);

    private static GrayPicture Small(GrayPicture picture)
    {
        double scale = Math.Min(1, ThumbnailSide / (double)Math.Max(picture.Width, picture.Height));
        if (scale >= 1)
        {
            return picture;
        }

        using var gray = Mat.FromPixelData(picture.Height, picture.Width, MatType.CV_8UC1, picture.Pixels.ToArray());
        using var small = new Mat();
        Cv2.Resize(gray, small, new Size((int)Math.Max(1, picture.Width * scale), (int)Math.Max(1, picture.Height * scale)), 0, 0, InterpolationFlags.Area);
        small.GetArray(out byte[] pixels);
        return new GrayPicture(pixels, small.Width, small.Height, 0, 0);
    }

    private static string Png(GrayPicture picture)
    {
        using var gray = Mat.FromPixelData(picture.Height, picture.Width, MatType.CV_8UC1, picture.Pixels.ToArray());
        Cv2.ImEncode(".png", gray, out byte[] bytes);
        return $"data:image/png;base64,{Convert.ToBase64String(bytes)}";
    }
}
