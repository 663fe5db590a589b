// Shape legend: P = prompts.
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>The loss of prompts. The owner disposes it.</summary>
/// <param name="Total">The weighted sum, a scalar with its graph.</param>
/// <param name="Focal">Mean focal loss of the masks that count, detached.</param>
/// <param name="Dice">Mean Dice loss of the masks that count, detached.</param>
/// <param name="Iou">Mean squared error of the predicted IoU, detached.</param>
/// <param name="Best">The mask that the head itself holds for the best of those that may answer, int64 [P]: what a reader would go on with.</param>
public sealed record SegmentationLossTerms(Tensor Total, Tensor Focal, Tensor Dice, Tensor Iou, Tensor Best) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Total.Dispose();
        Focal.Dispose();
        Dice.Dispose();
        Iou.Dispose();
        Best.Dispose();
    }
}
