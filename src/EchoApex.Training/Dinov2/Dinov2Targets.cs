// Shape legend: B = samples, M = masked patches, K = prototypes.
using EchoApex.Training.SelfDistillation;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>What the student is to match; the tensors belong to the step's dispose scope.</summary>
/// <param name="Cls">Targets of the global crops [2B, K], halves swapped.</param>
/// <param name="Patches">Targets of the masked patches [M, K]; null without the patch loss.</param>
internal sealed record Dinov2Targets(Tensor Cls, Tensor? Patches)
{
    /// <summary>The targets of a part of the batch.</summary>
    public Dinov2Targets Of(BatchPart part, MaskBatch masks) => new(part.Of(Cls), Patches is null ? null : masks.RowsOf(part, Patches));
}
