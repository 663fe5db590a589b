// Shape legend: P = prompts, M = masks (1 + multimask), H, W = size of the masks.
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>What a <see cref="SegmentationHead"/> says of prompts. The owner disposes it.</summary>
/// <param name="Logits">[P, M, H, W]; inside where above 0. Mask 0 is for prompts that leave no doubt, the others are for one point, which may mean several things.</param>
/// <param name="Iou">The IoU that each mask is expected to have, [P, M].</param>
public sealed record SegmentationOutput(Tensor Logits, Tensor Iou) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Logits.Dispose();
        Iou.Dispose();
    }
}
