// Shape legend: B = images, C = background and structures, S = side of the square input.
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Segmentation;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>
/// Cross-entropy of the pixels' classes and soft Dice loss of the structures: the sum of nnU-Net (Isensee et al. 2021). Dice is
/// taken over all pixels of a batch, background left out, smoothed by 1: 1 - (2 |A B| + 1) / (|A| + |B| + 1), the mean over structures.
/// </summary>
internal static class UNetSegmentationLoss
{
    /// <summary>The loss of a batch.</summary>
    /// <param name="logits_BCSS">Logits of background and structures.</param>
    /// <param name="classes_BSS">The true class of each pixel.</param>
    /// <param name="undrawn_BK">bool; true where nothing is known of a structure. Null: all is drawn.</param>
    /// <param name="options">Weights.</param>
    /// <returns>The loss with the terms "cross_entropy" and "dice"; the caller disposes it.</returns>
    public static TaskLoss Compute(Tensor logits_BCSS, Tensor classes_BSS, Tensor? undrawn_BK, UNetSegmentationOptions options)
    {
        using var scope = NewDisposeScope();
        var (entropy, dice) = SemanticLoss.Terms(logits_BCSS, classes_BSS, undrawn_BK);
        var total = entropy.Times(options.CrossEntropyWeight).Plus(dice.Times(options.DiceWeight));
        return new TaskLoss(total.MoveToOuterDisposeScope(), new Dictionary<string, Tensor>
        {
            ["cross_entropy"] = entropy.detach().MoveToOuterDisposeScope(),
            ["dice"] = dice.detach().MoveToOuterDisposeScope(),
        });
    }
}
