// Shape legend: P = prompts, H, W = four times the patch grid.
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Prompts drawn as maps (ours): a Gaussian about each point inside, about each point outside, and the inside of the box. All
/// sizes are shares of the input, so that they mean the same at any resolution.
/// </summary>
internal static class PromptMaps
{
    /// <summary>Maps of a prompt.</summary>
    public const int Channels = 3;

    // A deviation of three hundredths of the input's longer side.
    private const double PointShare = 0.03;

    /// <summary>Draws prompts, [P, H, W, 3] with values of 0 to 1.</summary>
    public static Tensor Draw(IReadOnlyList<InputPrompt> prompts, SegmentationFeatures features, Device device)
    {
        var (height, width) = (features.MaskPromptHeight, features.MaskPromptWidth);
        float[] maps = new float[prompts.Count * height * width * Channels];
        double[] columns = [.. Enumerable.Range(0, width).Select(x => ((x + 0.5) * features.Width / width) - 0.5)];
        double[] rows = [.. Enumerable.Range(0, height).Select(y => ((y + 0.5) * features.Height / height) - 0.5)];
        double deviation = PointShare * Math.Max(features.Height, features.Width);
        for (int p = 0; p < prompts.Count; p++)
        {
            var map = maps.AsSpan(p * height * width * Channels, height * width * Channels);
            foreach (var point in prompts[p].Points)
            {
                DrawPoint(map, point, rows, columns, deviation);
            }

            if (prompts[p].Box is { } box)
            {
                DrawBox(map, box, rows, columns);
            }
        }

        using var flat = tensor(maps, device: device);
        return flat.reshape(prompts.Count, height, width, Channels);
    }

    private static void DrawPoint(Span<float> map, PromptPoint point, double[] rows, double[] columns, double deviation)
    {
        double[] across = [.. columns.Select(x => Math.Exp(-(x - point.X) * (x - point.X) / (2 * deviation * deviation)))];
        int channel = point.Inside ? 0 : 1;
        for (int y = 0, i = channel; y < rows.Length; y++)
        {
            double down = Math.Exp(-(rows[y] - point.Y) * (rows[y] - point.Y) / (2 * deviation * deviation));
            for (int x = 0; x < columns.Length; x++, i += Channels)
            {
                map[i] = Math.Max(map[i], (float)(down * across[x]));
            }
        }
    }

    private static void DrawBox(Span<float> map, PromptBox box, double[] rows, double[] columns)
    {
        for (int y = 0, i = 2; y < rows.Length; y++)
        {
            bool between = rows[y] >= box.Top - 0.5 && rows[y] <= box.Bottom + 0.5;
            for (int x = 0; x < columns.Length; x++, i += Channels)
            {
                map[i] = between && columns[x] >= box.Left - 0.5 && columns[x] <= box.Right + 0.5 ? 1 : 0;
            }
        }
    }
}
