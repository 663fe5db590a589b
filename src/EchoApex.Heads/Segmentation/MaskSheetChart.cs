using EchoApex.Core.Charts;
using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Segmentation;

/// <summary>Frames with the outlines of true masks (green) and drawn ones (orange), side by side.</summary>
internal sealed class MaskSheetChart(IReadOnlyList<MaskSheetTile> tiles, int structures) : IChart
{
    private const int Magnification = 3;
    private static readonly (byte R, byte G, byte B) True = (60, 220, 90);
    private static readonly (byte R, byte G, byte B) Drawn = (255, 140, 0);

    /// <inheritdoc/>
    public ChartPicture Render(int width, int height)
    {
        // The number of columns that lets tiles be largest; the sheet has a title above and a line of text below each tile.
        int Side(int columns) => Math.Max(16, Math.Min((width - 6) / columns, (height - 38) / ((tiles.Count + columns - 1) / columns) - 18) - 6);
        int columns = Enumerable.Range(1, Math.Max(1, tiles.Count)).MaxBy(Side);
        using var canvas = new ChartCanvas(width, height);
        if (tiles.Count > 0)
        {
            var sheet = new ContactSheet
            {
                Title = $"{tiles[0].Prompt.Replace('_', ' ')}: true green, drawn orange, {structures} structures",
                Tiles = [.. tiles.Select(Draw)],
                Columns = columns,
                TileSize = Side(columns),
            }.Render();
            if (sheet.Width <= width && sheet.Height <= height)
            {
                canvas.Paste(sheet, 0, 0);
            }
        }

        return canvas.ToPicture();
    }

    private static SheetTile Draw(MaskSheetTile tile)
    {
        int side = tile.Side * Magnification;
        byte[] rgb = new byte[3 * side * side];
        for (int i = 0; i < side * side; i++)
        {
            rgb.AsSpan(3 * i, 3).Fill(tile.Pixels[(i / side / Magnification * tile.Side) + (i % side / Magnification)]);
        }

        var geometry = new FrameGeometry(0, 0, 1.0 / Magnification, 1.0 / Magnification, 0, 0);
        for (int s = 0; s < tile.Truths.Count; s++)
        {
            float[] truth = Array.ConvertAll(tile.Truths[s], value => value != 0 ? 1f : -1f);
            Outline(rgb, MaskRenderer.ToFrame(truth, tile.Side, tile.Side, tile.Side, geometry, side, side), side, True);
            Outline(rgb, MaskRenderer.ToFrame(tile.Logits[s], tile.Width, tile.Side, tile.Side, geometry, side, side), side, Drawn);
        }

        return new SheetTile(rgb, side, side, 3, tile.Caption);
    }

    private static void Outline(byte[] rgb, byte[] mask, int side, (byte R, byte G, byte B) color)
    {
        for (int i = side; i < mask.Length - side; i++)
        {
            if (mask[i] != 0 && (mask[i - 1] == 0 || mask[i + 1] == 0 || mask[i - side] == 0 || mask[i + side] == 0))
            {
                (rgb[3 * i], rgb[(3 * i) + 1], rgb[(3 * i) + 2]) = color;
            }
        }
    }
}
