// Shape legend: H, W = rows and columns of a mask, row by row; a byte that is not 0 belongs to it.
using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Segmentation;

/// <summary>Agreement of masks: overlap and distances between their surfaces.</summary>
/// <remarks>
/// The surface of a mask is those of its pixels that have a neighbour (of four) outside it or lie at the frame's edge; distances
/// go from pixel centre to pixel centre and are exact, with pixels as wide and high as the spacing says. HD95 is the 95th
/// percentile (linear between ranks) of the distances from either surface to the other, taken together; the average surface
/// distance is the mean of the two directions' means. Both follow MedPy.
/// </remarks>
public static class MaskMetrics
{
    /// <summary>Compares two masks of one frame.</summary>
    /// <param name="truth_HW">The true mask.</param>
    /// <param name="drawn_HW">The mask to judge.</param>
    /// <param name="width">Columns.</param>
    /// <param name="spacing">Size of a pixel; null leaves the distances out.</param>
    /// <exception cref="ArgumentException">The masks are of different sizes or no whole rows.</exception>
    public static MaskScore Compare(ReadOnlySpan<byte> truth_HW, ReadOnlySpan<byte> drawn_HW, int width, PixelSpacing? spacing)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (truth_HW.Length != drawn_HW.Length || truth_HW.Length == 0 || truth_HW.Length % width != 0)
        {
            throw new ArgumentException($"Masks of {truth_HW.Length} and {drawn_HW.Length} pixels cannot be compared as rows of {width}.", nameof(drawn_HW));
        }

        var (truth, drawn, both) = (0, 0, 0);
        for (int i = 0; i < truth_HW.Length; i++)
        {
            truth += truth_HW[i] != 0 ? 1 : 0;
            drawn += drawn_HW[i] != 0 ? 1 : 0;
            both += truth_HW[i] != 0 && drawn_HW[i] != 0 ? 1 : 0;
        }

        if (truth == 0 && drawn == 0)
        {
            double? none = spacing is null ? null : 0;
            return new MaskScore(1, 1, none, none, false);
        }

        double dice = 2.0 * both / (truth + drawn);
        double iou = both / (double)(truth + drawn - both);
        if (truth == 0 || drawn == 0 || spacing is null)
        {
            return new MaskScore(dice, iou, null, null, truth == 0 || drawn == 0);
        }

        var (hd95, average) = SurfaceDistances(truth_HW, drawn_HW, width, spacing);
        return new MaskScore(dice, iou, hd95, average, false);
    }

    private static (double Hd95, double Average) SurfaceDistances(ReadOnlySpan<byte> truth, ReadOnlySpan<byte> drawn, int width, PixelSpacing spacing)
    {
        byte[] truthSurface = Surface(truth, width);
        byte[] drawnSurface = Surface(drawn, width);
        double[] toTruth = Distances(drawnSurface, truthSurface, width, spacing);
        double[] toDrawn = Distances(truthSurface, drawnSurface, width, spacing);
        double[] all = [.. toTruth, .. toDrawn];
        Array.Sort(all);
        double rank = 0.95 * (all.Length - 1);
        int low = (int)rank;
        double high = all[Math.Min(low + 1, all.Length - 1)];
        return (all[low] + ((rank - low) * (high - all[low])), (toTruth.Average() + toDrawn.Average()) / 2);
    }

    // From each pixel of one surface to the other.
    private static double[] Distances(byte[] from, byte[] to, int width, PixelSpacing spacing)
    {
        double[] squared = MaskRegions.SquaredDistances(to, width, spacing.XMm, spacing.YMm);
        return [.. Enumerable.Range(0, from.Length).Where(i => from[i] != 0).Select(i => Math.Sqrt(squared[i]))];
    }

    private static byte[] Surface(ReadOnlySpan<byte> mask, int width)
    {
        int height = mask.Length / width;
        byte[] surface = new byte[mask.Length];
        for (int y = 0, i = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, i++)
            {
                bool inner = x > 0 && y > 0 && x < width - 1 && y < height - 1
                    && mask[i - 1] != 0 && mask[i + 1] != 0 && mask[i - width] != 0 && mask[i + width] != 0;
                surface[i] = mask[i] != 0 && !inner ? (byte)1 : (byte)0;
            }
        }

        return surface;
    }
}
