// Shape legend: P = prompts, M = masks (1 + multimask), H, W = size of the masks, R = P M.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Focal and Dice loss of masks and the squared error of the predicted IoU, 20 : 1 : 1 (Kirillov et al. 2023, section 3 and
/// appendix A). A single point is answered by several masks, of which the one with the smallest loss counts; every other prompt
/// by mask 0.
/// </summary>
/// <remarks>
/// Ours: the IoU is learned of all masks that may answer, not only of the one that counts, and targets are compared at the
/// masks' resolution, softened to the share of each pixel that the structure covers.
/// </remarks>
public static class SegmentationLoss
{
    // More than any loss: keeps masks that may not answer from being chosen.
    private const float Excluded = 1e6f;

    /// <summary>The loss of a decoding.</summary>
    /// <param name="output">What the head says.</param>
    /// <param name="targets_PHW">Shares of 0 to 1 at the masks' size.</param>
    /// <param name="ambiguous">For each prompt whether it may mean several things.</param>
    /// <param name="options">Weights.</param>
    /// <returns>The terms; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The sizes do not belong together.</exception>
    public static SegmentationLossTerms Compute(SegmentationOutput output, Tensor targets_PHW, IReadOnlyList<bool> ambiguous, SegmentationTrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(targets_PHW);
        ArgumentNullException.ThrowIfNull(ambiguous);
        ArgumentNullException.ThrowIfNull(options);
        long[] shape = output.Logits.shape;
        if (!targets_PHW.shape.SequenceEqual([shape[0], shape[2], shape[3]]) || ambiguous.Count != shape[0])
        {
            throw new ArgumentException(
                $"Masks are [{string.Join(", ", shape)}]; targets [{string.Join(", ", targets_PHW.shape)}] and {ambiguous.Count} prompts do not belong to them.", nameof(targets_PHW));
        }

        using var scope = NewDisposeScope();
        var logits_RN = output.Logits.reshape(shape[0] * shape[1], -1);
        var targets_RN = targets_PHW.unsqueeze(1).expand(shape).reshape(shape[0] * shape[1], -1);
        var focal_PM = MaskLosses.Focal(logits_RN, targets_RN, options.FocalAlpha).reshape(shape[0], shape[1]);
        var dice_PM = MaskLosses.Dice(logits_RN, targets_RN).reshape(shape[0], shape[1]);
        var excluded_PM = Exclusions(ambiguous, (int)shape[1], output.Logits.device);
        var mask_PM = focal_PM.Times(options.FocalWeight).Plus(dice_PM.Times(options.DiceWeight));
        var (chosen_P1, best_P) = Choose(mask_PM, output.Iou, excluded_PM);

        var allowed_PM = excluded_PM.DividedBy(-Excluded).Plus(1);
        var error_PM = output.Iou - TrueIou(logits_RN, targets_RN).reshape(shape[0], shape[1]);
        var iou = ((error_PM * error_PM * allowed_PM).sum([1]) / allowed_PM.sum([1])).mean();
        var total = mask_PM.gather(1, chosen_P1).mean().Plus(iou.Times(options.IouWeight));
        return new SegmentationLossTerms(
            total.MoveToOuterDisposeScope(),
            focal_PM.gather(1, chosen_P1).mean().detach().MoveToOuterDisposeScope(),
            dice_PM.gather(1, chosen_P1).mean().detach().MoveToOuterDisposeScope(),
            iou.detach().MoveToOuterDisposeScope(),
            best_P.MoveToOuterDisposeScope());
    }

    private static (Tensor Chosen, Tensor Best) Choose(Tensor loss_PM, Tensor iou_PM, Tensor excluded_PM)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var chosen_P1 = loss_PM.detach().Plus(excluded_PM).argmin(1, keepdim: true);
        var best_P = (iou_PM.detach() - excluded_PM).argmax(1);
        return (chosen_P1.MoveToOuterDisposeScope(), best_P.MoveToOuterDisposeScope());
    }

    // Mask 0 answers prompts without doubt, the others those with.
    private static Tensor Exclusions(IReadOnlyList<bool> ambiguous, int masks, Device device)
    {
        float[] values = new float[ambiguous.Count * masks];
        for (int p = 0; p < ambiguous.Count; p++)
        {
            for (int m = 0; m < masks; m++)
            {
                values[(p * masks) + m] = ambiguous[p] == (m > 0) ? 0 : Excluded;
            }
        }

        using var flat = tensor(values, device: device);
        return flat.reshape(ambiguous.Count, masks);
    }

    private static Tensor TrueIou(Tensor logits_RN, Tensor targets_RN)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var zero = zeros([1], device: logits_RN.device);
        var drawn = logits_RN.detach().gt(zero).to(float32);
        var truth = targets_RN.Plus(-0.5).gt(zero).to(float32);
        var both = (drawn * truth).sum([1]);
        var either = drawn.sum([1]).Plus(truth.sum([1])) - both;
        return (both / maximum(either, ones_like(either))).MoveToOuterDisposeScope();
    }
}
