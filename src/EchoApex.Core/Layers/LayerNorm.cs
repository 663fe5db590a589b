// Shape legend: D = normalised features (the last dimension).
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>Layer normalisation over the last dimension, with the state-dict keys "weight" and "bias" [D]; starts as 1 and 0.</summary>
public sealed class LayerNorm : nn.Module<Tensor, Tensor>
{
    private readonly long[] _shape;
    private readonly double _epsilon;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    /// <summary>Creates the layer.</summary>
    /// <param name="features">D.</param>
    /// <param name="epsilon">Added to the variance; every ViT here uses 1e-6, where PyTorch's default is 1e-5.</param>
    public LayerNorm(long features, double epsilon = 1e-6)
        : base(nameof(LayerNorm))
    {
        _shape = [features];
        _epsilon = epsilon;
        _weight = Weights.Constant(1, features);
        _bias = Weights.Constant(0, features);
        RegisterComponents();
    }

    /// <summary>[D]; it belongs to the layer.</summary>
    internal Tensor Weight => _weight;

    /// <summary>[D]; it belongs to the layer.</summary>
    internal Tensor Bias => _bias;

    /// <summary>What is added to the variance.</summary>
    internal double Epsilon => _epsilon;

    /// <summary>Normalises [..., D].</summary>
    public override Tensor forward(Tensor input) => nn.functional.layer_norm(input, _shape, _weight, _bias, _epsilon);
}
