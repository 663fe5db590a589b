using EchoApex.Core.Charts;
using OpenCvSharp;

namespace EchoApex.Heads.Interpretability;

/// <summary>Draws explanations: maps as colour over the gray input, components as colours.</summary>
public static class ExplanationPictures
{
    private const int LeastSide = 224;
    private const double Opacity = 0.55;

    /// <summary>All pictures of an explanation in one sheet.</summary>
    public static ChartPicture Sheet(FrameExplanation explanation, string title)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        var tiles = All(explanation);
        return new ContactSheet { Title = title, Tiles = tiles, Columns = Math.Min(4, tiles.Count), TileSize = LeastSide }.Render();
    }

    /// <summary>The pictures one by one: input, rollout, occlusion, components, then each head of the last block.</summary>
    public static IReadOnlyList<SheetTile> All(FrameExplanation explanation)
    {
        ArgumentNullException.ThrowIfNull(explanation);
        var tiles = new List<SheetTile> { Tile(explanation, null, 0, 0, "input") };
        if (explanation.Rollout is { } rollout)
        {
            tiles.Add(Tile(explanation, rollout, explanation.GridHeight, explanation.GridWidth, "attention rollout"));
        }

        if (explanation.Occlusion is { } occlusion)
        {
            tiles.Add(Tile(explanation, [.. occlusion.Select(value => Math.Max(0, value))], explanation.OcclusionHeight, explanation.OcclusionWidth, "occlusion"));
        }

        tiles.Add(Components(explanation));
        tiles.AddRange(explanation.Attention.Select((map, head) => Tile(explanation, map, explanation.GridHeight, explanation.GridWidth, $"last block, head {head + 1}")));
        return tiles;
    }

    private static int Side(FrameExplanation explanation) => Math.Max(LeastSide, explanation.Side);

    private static SheetTile Tile(FrameExplanation explanation, float[]? map, int rows, int columns, string caption)
    {
        int side = Side(explanation);
        using var gray = Mat.FromPixelData(explanation.Side, explanation.Side, MatType.CV_8UC1, explanation.Input.ToArray());
        using var large = new Mat();
        Cv2.Resize(gray, large, new Size(side, side), 0, 0, InterpolationFlags.Cubic);
        using var rgb = new Mat();
        Cv2.CvtColor(large, rgb, ColorConversionCodes.GRAY2RGB);
        if (map is not null)
        {
            using var heat = Heat(map, rows, columns, side);
            Cv2.AddWeighted(rgb, 1 - Opacity, heat, Opacity, 0, rgb);
        }

        return ToTile(rgb, caption);
    }

    private static Mat Heat(float[] map, int rows, int columns, int side)
    {
        float low = map.Min(), high = map.Max();
        byte[] levels = [.. map.Select(value => (byte)Math.Round(255 * (value - low) / Math.Max(1e-12f, high - low)))];
        using var small = Mat.FromPixelData(rows, columns, MatType.CV_8UC1, levels);
        using var large = new Mat();
        Cv2.Resize(small, large, new Size(side, side), 0, 0, InterpolationFlags.Linear);
        using var bgr = new Mat();
        Cv2.ApplyColorMap(large, bgr, ColormapTypes.Inferno);
        var rgb = new Mat();
        Cv2.CvtColor(bgr, rgb, ColorConversionCodes.BGR2RGB);
        return rgb;
    }

    private static SheetTile Components(FrameExplanation explanation)
    {
        int side = Side(explanation);
        using var small = Mat.FromPixelData(explanation.GridHeight, explanation.GridWidth, MatType.CV_8UC3, explanation.Components);
        using var large = new Mat();
        Cv2.Resize(small, large, new Size(side, side), 0, 0, InterpolationFlags.Nearest);
        return ToTile(large, "patch tokens, 3 components");
    }

    private static SheetTile ToTile(Mat rgb, string caption)
    {
        byte[] pixels = new byte[rgb.Width * rgb.Height * 3];
        System.Runtime.InteropServices.Marshal.Copy(rgb.Data, pixels, 0, pixels.Length);
        return new SheetTile(pixels, rgb.Height, rgb.Width, 3, caption);
    }
}
