// Shape legend: B = images, T = tokens, D = token dimension.
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>A learned factor a feature for a residual branch, key "gamma" [D]; Touvron et al. 2021, dinov2/layers/layer_scale.py.</summary>
internal sealed class LayerScale : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "gamma")]
    private readonly Parameter _gamma;

    public LayerScale(int embedDim, double initialValue)
        : base(nameof(LayerScale))
    {
        _gamma = Weights.Constant(initialValue, embedDim);
        RegisterComponents();
    }

    /// <summary>[D]; it belongs to the layer.</summary>
    public Tensor Gamma => _gamma;

    /// <summary>branch * gamma, [B, T, D].</summary>
    public override Tensor forward(Tensor branch_BTD) => branch_BTD * _gamma;

    /// <summary>x + branch * gamma in one pass over memory.</summary>
    /// <param name="x_BTD">The residual stream.</param>
    /// <param name="branch_BTD">What is scaled and added.</param>
    /// <param name="overwrite">Write the sum into <paramref name="x_BTD"/> and return it; only without gradient.</param>
    public Tensor AddTo(Tensor x_BTD, Tensor branch_BTD, bool overwrite)
    {
        using Scalar one = 1;
        return overwrite ? x_BTD.addcmul_(branch_BTD, _gamma, one) : x_BTD.addcmul(branch_BTD, _gamma, one);
    }
}
