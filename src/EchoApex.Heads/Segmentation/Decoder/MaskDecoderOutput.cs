// Shape legend: P = prompts, M = masks, h, w = patch grid, C = embedding dimension.
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>What the decoder says of prompts. The owner disposes it, and with it the tensors.</summary>
/// <param name="Masks">Logits at four times the patch grid, [P, M, 4 h, 4 w]: mask 0 for prompts that leave no doubt, the others for one that does.</param>
/// <param name="Iou">The IoU that each mask is expected to have with what was meant, [P, M].</param>
/// <param name="Tokens">The mask tokens after the transformer, [P, M, C].</param>
/// <param name="Image">The image's features at four times the patch grid, [P, 4 h, 4 w, C / 8].</param>
public sealed record MaskDecoderOutput(Tensor Masks, Tensor Iou, Tensor Tokens, Tensor Image) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Masks.Dispose();
        Iou.Dispose();
        Tokens.Dispose();
        Image.Dispose();
    }
}
