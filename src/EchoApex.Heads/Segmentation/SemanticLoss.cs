// Shape legend: B = images, K = structures, H, W = size of the masks, S = side of the input.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>Cross-entropy and soft Dice of background and structures, every pixel of every image.</summary>
internal static class SemanticLoss
{
    /// <summary>Both terms, each a scalar: the mean cross-entropy, and the mean Dice loss of the structures, smoothed by 1.</summary>
    /// <param name="logits">[B, 1 + K, H, W].</param>
    /// <param name="labels_BSS">0 background, 1 + k structure k, at the input's size.</param>
    public static (Tensor CrossEntropy, Tensor Dice) Terms(Tensor logits, Tensor labels_BSS)
    {
        using var scope = NewDisposeScope();
        long[] shape = logits.shape;
        var whole = nn.functional.one_hot(labels_BSS.to(int64), shape[1]).permute(0, 3, 1, 2).to(float32);
        var truth = nn.functional.adaptive_avg_pool2d(whole, [shape[2], shape[3]]);
        var entropy = (truth * logits.log_softmax(1)).sum([1]).mean().Times(-1);
        var shares = logits.softmax(1).narrow(1, 1, shape[1] - 1).transpose(0, 1).flatten(1);
        var wanted = truth.narrow(1, 1, shape[1] - 1).transpose(0, 1).flatten(1);
        var both = (shares * wanted).sum([1]).Times(2).Plus(1);
        var all = shares.sum([1]).Plus(wanted.sum([1])).Plus(1);
        var dice = (both / all).mean().Times(-1).Plus(1);
        return (entropy.MoveToOuterDisposeScope(), dice.MoveToOuterDisposeScope());
    }

    /// <summary>The loss of logits: both terms of <see cref="Terms"/> added.</summary>
    /// <param name="logits">[B, 1 + K, H, W].</param>
    /// <param name="labels_BSS">0 background, 1 + k structure k, at the input's size.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Compute(Tensor logits, Tensor labels_BSS)
    {
        using var scope = NewDisposeScope();
        var (entropy, dice) = Terms(logits, labels_BSS);
        return entropy.Plus(dice).MoveToOuterDisposeScope();
    }
}
