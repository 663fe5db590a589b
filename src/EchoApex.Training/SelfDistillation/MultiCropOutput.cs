// Shape legend: R = rows (crops x images, crop-major), D = feature dimension, K = prototypes.
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>What a network says of several crops. The owner disposes it, and with it the tensors.</summary>
public sealed class MultiCropOutput : IDisposable
{
    /// <summary>Bundles the tensors; the new object owns them.</summary>
    public MultiCropOutput(Tensor cls_RD, Tensor logits_RK) => (Cls, Logits) = (cls_RD, logits_RK);

    /// <summary>The backbone's cls vectors [R, D], before the head (for KoLeo and diagnostics).</summary>
    public Tensor Cls { get; }

    /// <summary>The head's prototype scores [R, K].</summary>
    public Tensor Logits { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cls.Dispose();
        Logits.Dispose();
    }
}
