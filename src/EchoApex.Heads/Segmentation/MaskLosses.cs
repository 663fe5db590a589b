// Shape legend: R = masks, N = pixels of a mask.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>Losses between mask logits and targets, one value a mask.</summary>
public static class MaskLosses
{
    /// <summary>The sigmoid focal loss (Lin et al. 2017), the mean over a mask's pixels.</summary>
    /// <param name="logits_RN">Logits.</param>
    /// <param name="targets_RN">1 inside, 0 outside; may be soft.</param>
    /// <param name="alpha">Weight of pixels inside; those outside weigh 1 - alpha.</param>
    /// <returns>[R]. The exponent gamma is 2.</returns>
    public static Tensor Focal(Tensor logits_RN, Tensor targets_RN, double alpha = 0.25)
    {
        ArgumentNullException.ThrowIfNull(logits_RN);
        ArgumentNullException.ThrowIfNull(targets_RN);
        using var scope = NewDisposeScope();
        var entropy = nn.functional.binary_cross_entropy_with_logits(logits_RN, targets_RN, reduction: nn.Reduction.None);
        var inside = logits_RN.sigmoid();

        // 1 - the probability of the truth.
        var wrong = inside.Plus(targets_RN) - (inside * targets_RN).Times(2);
        var weight = targets_RN.Times((2 * alpha) - 1).Plus(1 - alpha);
        return (weight * entropy * wrong * wrong).mean([1]).MoveToOuterDisposeScope();
    }

    /// <summary>The soft Dice loss, smoothed by 1 as in DETR and MaskFormer: 1 - (2 |A B| + 1) / (|A| + |B| + 1).</summary>
    /// <param name="logits_RN">Logits.</param>
    /// <param name="targets_RN">1 inside, 0 outside; may be soft.</param>
    /// <returns>[R].</returns>
    public static Tensor Dice(Tensor logits_RN, Tensor targets_RN)
    {
        ArgumentNullException.ThrowIfNull(logits_RN);
        ArgumentNullException.ThrowIfNull(targets_RN);
        using var scope = NewDisposeScope();
        var inside = logits_RN.sigmoid();
        var both = (inside * targets_RN).sum([1]).Times(2).Plus(1);
        var all = inside.sum([1]).Plus(targets_RN.sum([1])).Plus(1);
        return (both / all).Times(-1).Plus(1).MoveToOuterDisposeScope();
    }
}
