using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Core.Charts;

/// <summary>A drawn picture in memory, 8-bit RGB.</summary>
public sealed class ChartPicture
{
    private readonly byte[] _rgb;

    internal ChartPicture(byte[] rgb, int width, int height) => (_rgb, Width, Height) = (rgb, width, height);

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Pixels [Height, Width, 3], red, green, blue, row by row.</summary>
    public ReadOnlyMemory<byte> Rgb => _rgb;

    /// <summary>One pixel.</summary>
    public ChartColor this[int x, int y] => new(_rgb[((y * Width) + x) * 3], _rgb[(((y * Width) + x) * 3) + 1], _rgb[(((y * Width) + x) * 3) + 2]);

    /// <summary>The picture as a PNG file's bytes.</summary>
    public byte[] ToPng()
    {
        using var rgb = Mat.FromPixelData(Height, Width, MatType.CV_8UC3, _rgb);
        using var bgr = new Mat();
        Cv2.CvtColor(rgb, bgr, ColorConversionCodes.RGB2BGR);
        Cv2.ImEncode(".png", bgr, out byte[] png);
        return png;
    }

    /// <summary>Writes a PNG file, whole or not at all; an earlier file of that name is replaced.</summary>
    public void Save(string path)
    {
        byte[] png = ToPng();
        AtomicOutput.WriteFile(path, stream => stream.Write(png));
    }

    /// <summary>Draws charts of one size side by side, row by row, under a common title.</summary>
    /// <param name="charts">The charts, at least one.</param>
    /// <param name="columns">Charts in a row.</param>
    /// <param name="chartWidth">Width of each in pixels.</param>
    /// <param name="chartHeight">Height of each in pixels.</param>
    /// <param name="title">Title above all; null for none.</param>
    public static ChartPicture Grid(IReadOnlyList<IChart> charts, int columns, int chartWidth, int chartHeight, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(charts);
        ArgumentOutOfRangeException.ThrowIfZero(charts.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        columns = Math.Min(columns, charts.Count);
        int rows = (charts.Count + columns - 1) / columns;
        int top = title is null ? 0 : 40;
        using var canvas = new ChartCanvas(columns * chartWidth, top + (rows * chartHeight));
        if (title is not null)
        {
            canvas.TextFitted(title, canvas.Width / 2.0, top / 2.0 + 4, canvas.Width - 20, ChartFont.Heading, ChartCanvas.Ink, HorizontalAlignment.Center);
        }

        for (int i = 0; i < charts.Count; i++)
        {
            canvas.Paste(charts[i].Render(chartWidth, chartHeight), i % columns * chartWidth, top + (i / columns * chartHeight));
        }

        return canvas.ToPicture();
    }
}
