// Shape legend: D = normalised features.
using EchoApex.Core.Layers;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>The numbers of a LayerNorm. It owns its tensors, which are copies.</summary>
internal sealed class FoldedNorm : IDisposable
{
    private FoldedNorm(Tensor weight_D, Tensor bias_D, double epsilon)
    {
        (Weight, Bias, Epsilon) = (weight_D.DetachFromDisposeScope(), bias_D.DetachFromDisposeScope(), epsilon);
    }

    /// <summary>float32 [D].</summary>
    public Tensor Weight { get; }

    /// <summary>float32 [D].</summary>
    public Tensor Bias { get; }

    /// <summary>Added to the variance.</summary>
    public double Epsilon { get; }

    /// <summary>A copy of a layer.</summary>
    public static FoldedNorm Of(LayerNorm layer)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return new FoldedNorm(layer.Weight.detach().clone(), layer.Bias.detach().clone(), layer.Epsilon);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}
