// Shape legend: I = input features, O = output features.
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>A linear map with bias, <c>y = x W^T + b</c>, with the state-dict keys "weight" [O, I] and "bias" [O].</summary>
/// <remarks>The weight is uninitialised memory until <see cref="Initialize"/> or a weights file fills it; the bias starts at 0.</remarks>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    /// <summary>Creates the layer.</summary>
    /// <param name="inputFeatures">I.</param>
    /// <param name="outputFeatures">O.</param>
    public Linear(long inputFeatures, long outputFeatures)
        : base(nameof(Linear))
    {
        _weight = Weights.Uninitialized(outputFeatures, inputFeatures);
        _bias = Weights.Constant(0, outputFeatures);
        RegisterComponents();
    }

    /// <summary>Fills the weight from a normal distribution of standard deviation 0.02 and the bias with 0, as every ViT here does.</summary>
    public void Initialize(RandomStream random)
    {
        WeightInitialization.TruncatedNormal(_weight, random);
        nn.init.zeros_(_bias);
    }

    /// <summary>Maps [..., I] to [..., O].</summary>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, _weight, _bias);
}
