// Shape legend: H, W = rows and columns of a mask, row by row; a byte that is not 0 belongs to it.
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Makes the prompts that a reader would give, from true masks: points inside, boxes drawn with an unsteady hand, and points
/// where a mask is still wrong (Kirillov et al. 2023, appendix A).
/// </summary>
/// <remarks>Places are in pixels of the mask; the centre of the first pixel is 0.</remarks>
public static class PromptSimulator
{
    /// <summary>A point in the largest region of a mask.</summary>
    /// <param name="mask_HW">The mask.</param>
    /// <param name="width">Columns.</param>
    /// <param name="random">Draws one of its pixels, each with the same probability; null takes the pixel deepest inside, for evaluation.</param>
    /// <returns>The point; null for an empty mask.</returns>
    public static PromptPoint? PointInside(ReadOnlySpan<byte> mask_HW, int width, RandomStream? random)
    {
        int[] region = MaskRegions.Largest(mask_HW, width);
        return region.Length == 0 ? null : Choose(region, mask_HW.Length, width, random, inside: true);
    }

    /// <summary>The next point of a reader who corrects a mask: in the largest region that is wrong, inside where it was missed, outside where it was drawn too far.</summary>
    /// <param name="truth_HW">The true mask.</param>
    /// <param name="drawn_HW">The mask so far.</param>
    /// <param name="width">Columns.</param>
    /// <param name="random">Draws one of its pixels; null takes the pixel deepest inside, for evaluation.</param>
    /// <returns>The point; null where the masks are equal.</returns>
    public static PromptPoint? Correction(ReadOnlySpan<byte> truth_HW, ReadOnlySpan<byte> drawn_HW, int width, RandomStream? random)
    {
        byte[] missed = new byte[truth_HW.Length];
        byte[] excess = new byte[truth_HW.Length];
        for (int i = 0; i < missed.Length; i++)
        {
            missed[i] = truth_HW[i] != 0 && drawn_HW[i] == 0 ? (byte)1 : (byte)0;
            excess[i] = truth_HW[i] == 0 && drawn_HW[i] != 0 ? (byte)1 : (byte)0;
        }

        int[] inside = MaskRegions.Largest(missed, width);
        int[] outside = MaskRegions.Largest(excess, width);
        bool isInside = inside.Length >= outside.Length;
        int[] region = isInside ? inside : outside;
        return region.Length == 0 ? null : Choose(region, missed.Length, width, random, isInside);
    }

    /// <summary>The box around a mask.</summary>
    /// <param name="mask_HW">The mask.</param>
    /// <param name="width">Columns.</param>
    /// <param name="jitter">
    /// Deviation of each edge as a share of the box's side, cut at twice that (the paper's 0.1; the cut is ours), kept in the frame.
    /// </param>
    /// <param name="random">The stream; null leaves the box as it is.</param>
    /// <returns>The box; null for an empty mask.</returns>
    public static PromptBox? BoxAround(ReadOnlySpan<byte> mask_HW, int width, double jitter, RandomStream? random)
    {
        var (left, top, right, bottom) = (width, int.MaxValue, -1, -1);
        for (int i = 0; i < mask_HW.Length; i++)
        {
            if (mask_HW[i] != 0)
            {
                left = Math.Min(left, i % width);
                right = Math.Max(right, i % width);
                top = Math.Min(top, i / width);
                bottom = i / width;
            }
        }

        if (right < 0)
        {
            return null;
        }

        double Move(double edge, double side, double limit) =>
            random is null ? edge : Math.Clamp(edge + (side * jitter * Math.Clamp(random.NextNormal(), -2, 2)), 0, limit);
        var (across, down) = (right - left + 1, bottom - top + 1);
        int lastRow = (mask_HW.Length / width) - 1;
        double x0 = Move(left, across, width - 1);
        double y0 = Move(top, down, lastRow);
        double x1 = Move(right, across, width - 1);
        double y1 = Move(bottom, down, lastRow);
        return new PromptBox(Math.Min(x0, x1), Math.Min(y0, y1), Math.Max(x0, x1), Math.Max(y0, y1));
    }

    private static PromptPoint Choose(int[] region, int length, int width, RandomStream? random, bool inside)
    {
        int place = random is null ? Deepest(region, length, width) : region[random.NextInt32(region.Length)];
        return new PromptPoint(place % width, place / width, inside);
    }

    // The first in reading order where several are as deep. The frame's edge counts as outside.
    private static int Deepest(int[] region, int length, int width)
    {
        int rows = length / width;
        int wide = width + 2;
        byte[] outside = new byte[wide * (rows + 2)];
        outside.AsSpan().Fill(1);
        int Padded(int place) => (((place / width) + 1) * wide) + (place % width) + 1;
        foreach (int place in region)
        {
            outside[Padded(place)] = 0;
        }

        double[] depth = MaskRegions.SquaredDistances(outside, wide, 1, 1);
        return region.Order().MaxBy(place => depth[Padded(place)]);
    }
}
