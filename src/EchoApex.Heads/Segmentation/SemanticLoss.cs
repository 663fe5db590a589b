// Shape legend: B = images, K = structures, H, W = size of the masks, S = side of the input.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Cross-entropy and soft Dice of background and structures, every pixel of every image. Where the masks of an image do not draw a
/// structure, a pixel that is none of the drawn ones may be it as well as background: either is right for the cross-entropy, and the
/// Dice leaves it out.
/// </summary>
internal static class SemanticLoss
{
    /// <summary>Both terms, each a scalar: the mean cross-entropy, and the mean Dice loss of the structures, smoothed by 1.</summary>
    /// <param name="logits">[B, 1 + K, H, W].</param>
    /// <param name="labels_BSS">0 background, 1 + k structure k, at the input's size.</param>
    /// <param name="undrawn_BK">bool; true where nothing is known of a structure in an image. Null: all is drawn.</param>
    public static (Tensor CrossEntropy, Tensor Dice) Terms(Tensor logits, Tensor labels_BSS, Tensor? undrawn_BK = null)
    {
        using var scope = NewDisposeScope();
        long[] shape = logits.shape;
        var whole = nn.functional.one_hot(labels_BSS.to(int64), shape[1]).permute(0, 3, 1, 2).to(float32);
        var truth = nn.functional.adaptive_avg_pool2d(whole, [shape[2], shape[3]]);
        var entropy = (truth * LogShares(logits, undrawn_BK)).sum([1]).mean().Times(-1);
        var structures = logits.softmax(1).narrow(1, 1, shape[1] - 1);
        var drawn_BK11 = undrawn_BK?.logical_not().unsqueeze(2).unsqueeze(3).to(float32);
        var shares = (drawn_BK11 is null ? structures : structures * drawn_BK11).transpose(0, 1).flatten(1);
        var wanted = truth.narrow(1, 1, shape[1] - 1).transpose(0, 1).flatten(1);
        var both = (shares * wanted).sum([1]).Times(2).Plus(1);
        var all = shares.sum([1]).Plus(wanted.sum([1])).Plus(1);
        var dice = Mean(both / all, drawn_BK11).Times(-1).Plus(1);
        return (entropy.MoveToOuterDisposeScope(), dice.MoveToOuterDisposeScope());
    }

    // What is not drawn counts to the background's share.
    private static Tensor LogShares(Tensor logits, Tensor? undrawn_BK)
    {
        var shares = logits.log_softmax(1);
        if (undrawn_BK is null)
        {
            return shares;
        }

        var structures = shares.narrow(1, 1, shares.shape[1] - 1);

        // The logarithms of 1 and 0 keep what is undrawn and take the rest away.
        var undrawn = structures + undrawn_BK.to(float32).log().unsqueeze(2).unsqueeze(3);
        var background = cat([shares.narrow(1, 0, 1), undrawn], 1).logsumexp(1, keepdim: true);
        return cat([background, structures], 1);
    }

    // Over the structures that any image of the batch draws; drawn [B, K, 1, 1].
    private static Tensor Mean(Tensor values_K, Tensor? drawn)
    {
        if (drawn is null)
        {
            return values_K.mean();
        }

        // Images may draw none of them: the loss is then 1, without a gradient.
        var known_K = drawn.flatten(1).amax(0);
        return (values_K * known_K).sum() / known_K.sum().Plus(1e-9);
    }

    /// <summary>The loss of logits: both terms of <see cref="Terms"/> added.</summary>
    /// <param name="logits">[B, 1 + K, H, W].</param>
    /// <param name="labels_BSS">0 background, 1 + k structure k, at the input's size.</param>
    /// <param name="undrawn_BK">bool; true where nothing is known of a structure in an image. Null: all is drawn.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Compute(Tensor logits, Tensor labels_BSS, Tensor? undrawn_BK = null)
    {
        using var scope = NewDisposeScope();
        var (entropy, dice) = Terms(logits, labels_BSS, undrawn_BK);
        return entropy.Plus(dice).MoveToOuterDisposeScope();
    }
}
