// Shape legend: P = prompts, M = masks, H, W = size of the masks, S = side of the square input.
using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>The turns of a reader with the head: a prompt, a mask, a correction, a better mask.</summary>
internal static class PromptRounds
{
    /// <summary>The mask that answers each prompt, of all that the head gives.</summary>
    /// <param name="logits_PMHW">All masks.</param>
    /// <param name="chosen_P">The place of the one that answers, int64.</param>
    /// <returns>[P, H, W], detached.</returns>
    public static Tensor Select(Tensor logits_PMHW, Tensor chosen_P)
    {
        using var scope = NewDisposeScope();
        long[] shape = logits_PMHW.shape;
        var index = chosen_P.view(-1, 1, 1, 1).expand(shape[0], 1, shape[2], shape[3]);
        return logits_PMHW.detach().gather(1, index).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Masks as bytes on this side, [P, H, W] row by row.</summary>
    public static byte[] ToBytes(Tensor logits_PHW)
    {
        using var scope = NewDisposeScope();
        var values = Values(logits_PHW);
        byte[] bytes = new byte[values.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = values[i] > 0 ? (byte)1 : (byte)0;
        }

        return bytes;
    }

    /// <summary>Values of a tensor on the CPU.</summary>
    public static float[] ToArray(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return Values(tensor).ToArray();
    }

    /// <summary>The masks of several answers one after the other.</summary>
    public static float[] Join(IReadOnlyList<float[]> masks)
    {
        float[] joined = new float[masks.Sum(mask => mask.Length)];
        int start = 0;
        foreach (float[] mask in masks)
        {
            mask.CopyTo(joined, start);
            start += mask.Length;
        }

        return joined;
    }

    /// <summary>Adds to each prompt the point of a reader who corrects its mask.</summary>
    /// <param name="prompts">Prompts so far.</param>
    /// <param name="truth_PHW">True masks at the masks' size.</param>
    /// <param name="drawn_PHW">Masks so far.</param>
    /// <param name="width">W.</param>
    /// <param name="side">S.</param>
    /// <param name="random">The stream of each prompt; null takes the deepest points.</param>
    /// <returns>The prompts; one whose mask is perfect gets another point inside, one whose structure is too small for a pixel stays as it is.</returns>
    public static InputPrompt[] Correct(InputPrompt[] prompts, byte[] truth_PHW, byte[] drawn_PHW, int width, int side, RandomStream[]? random)
    {
        int area = truth_PHW.Length / prompts.Length;
        return [.. prompts.Select((prompt, p) =>
        {
            var truth = truth_PHW.AsSpan(p * area, area);
            var point = PromptSimulator.Correction(truth, drawn_PHW.AsSpan(p * area, area), width, random?[p])
                ?? PromptSimulator.PointInside(truth, width, random?[p]);
            return point is { } place ? prompt with { Points = [.. prompt.Points, Enlarge(place, (double)side / width)] } : prompt;
        })];
    }

    // In the memory of a tensor of the caller's scope: TorchSharp's own copy asks libtorch for the size at every number.
    private static ReadOnlySpan<float> Values(Tensor tensor) =>
        MemoryMarshal.Cast<byte, float>(tensor.detach().cpu().to(float32).contiguous().bytes);

    private static PromptPoint Enlarge(PromptPoint point, double scale) =>
        point with { X = ((point.X + 0.5) * scale) - 0.5, Y = ((point.Y + 0.5) * scale) - 0.5 };
}
