// Shape legend: D = normalised features.
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A LayerNorm in the format of the network.</summary>
internal sealed class PackedNorm : IDisposable
{
    private readonly long[] _shape;
    private readonly Tensor _weight_D;
    private readonly Tensor _bias_D;
    private readonly double _epsilon;

    /// <summary>Copies the numbers; the folded norm stays the caller's.</summary>
    public PackedNorm(FoldedNorm norm, ScalarType type)
    {
        _shape = norm.Weight.shape;
        _weight_D = norm.Weight.to(type, copy: true).DetachFromDisposeScope();
        _bias_D = norm.Bias.to(type, copy: true).DetachFromDisposeScope();
        _epsilon = norm.Epsilon;
    }

    /// <summary>Normalises [..., D].</summary>
    public Tensor Apply(Tensor input) => nn.functional.layer_norm(input, _shape, _weight_D, _bias_D, _epsilon);

    /// <inheritdoc/>
    public void Dispose()
    {
        _weight_D.Dispose();
        _bias_D.Dispose();
    }
}
