using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>Pictures in a grid with captions, each scaled to fit its place without distortion.</summary>
public sealed record ContactSheet
{
    private const int Gap = 6;
    private const int CaptionHeight = 18;

    /// <summary>Title above the sheet; empty for none.</summary>
    public string Title { get; init; } = "";

    /// <summary>The pictures, row by row.</summary>
    public required IReadOnlyList<SheetTile> Tiles { get; init; }

    /// <summary>Pictures in a row.</summary>
    public int Columns { get; init; } = 6;

    /// <summary>Side of the square that each picture is fitted into, in pixels.</summary>
    public int TileSize { get; init; } = 144;

    /// <summary>Draws the sheet.</summary>
    /// <exception cref="ArgumentException">There is no picture, or one has fewer pixels than its size says.</exception>
    public ChartPicture Render()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(TileSize, 16);
        if (Tiles.Count == 0)
        {
            throw new ArgumentException("A contact sheet needs at least one picture.");
        }

        int columns = Math.Min(Columns, Tiles.Count);
        int rows = (Tiles.Count + columns - 1) / columns;
        int caption = Tiles.Any(tile => tile.Caption.Length > 0) ? CaptionHeight : 0;
        int top = Title.Length > 0 ? 32 : 0;
        int cell = TileSize + Gap;
        int sheetWidth = (columns * cell) + Gap;
        int sheetHeight = top + (rows * (cell + caption)) + Gap;
        using var canvas = new ChartCanvas(Math.Max(160, sheetWidth), Math.Max(120, sheetHeight));
        canvas.TextFitted(Title, canvas.Width / 2.0, 17, canvas.Width - 12, ChartFont.Title, ChartCanvas.Ink, HorizontalAlignment.Center);
        for (int i = 0; i < Tiles.Count; i++)
        {
            int x = Gap + (i % columns * cell);
            int y = top + Gap + (i / columns * (cell + caption));
            DrawTile(canvas, Tiles[i], x, y);
            canvas.TextFitted(Tiles[i].Caption, x + (TileSize / 2.0), y + TileSize + (CaptionHeight / 2.0), TileSize, ChartFont.Small, ChartCanvas.Ink, HorizontalAlignment.Center);
        }

        return canvas.ToPicture();
    }

    private void DrawTile(ChartCanvas canvas, SheetTile tile, int x, int y)
    {
        if (tile.Channels is not (1 or 3) || tile.Height < 1 || tile.Width < 1 || tile.Pixels.Length < (long)tile.Height * tile.Width * tile.Channels)
        {
            throw new ArgumentException($"A picture of {tile.Height} x {tile.Width} x {tile.Channels} cannot be drawn from {tile.Pixels.Length} bytes.");
        }

        using var stored = Mat.FromPixelData(tile.Height, tile.Width, tile.Channels == 1 ? MatType.CV_8UC1 : MatType.CV_8UC3, tile.Pixels.ToArray());
        using var rgb = new Mat();
        if (tile.Channels == 1)
        {
            Cv2.CvtColor(stored, rgb, ColorConversionCodes.GRAY2RGB);
        }
        else
        {
            stored.CopyTo(rgb);
        }

        double scale = Math.Min(TileSize / (double)tile.Width, TileSize / (double)tile.Height);
        var size = new Size(Math.Clamp((int)Math.Round(tile.Width * scale), 1, TileSize), Math.Clamp((int)Math.Round(tile.Height * scale), 1, TileSize));
        using var scaled = new Mat();
        Cv2.Resize(rgb, scaled, size, 0, 0, scale < 1 ? InterpolationFlags.Area : InterpolationFlags.Cubic);
        canvas.FillBox(new Rect(x, y, TileSize, TileSize), new ChartColor(0, 0, 0));
        canvas.PasteMat(scaled, x + ((TileSize - size.Width) / 2), y + ((TileSize - size.Height) / 2));
    }
}
