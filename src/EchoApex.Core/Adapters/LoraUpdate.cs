// Shape legend: B = images, T = tokens, D = token dimension, r = rank, O = output features of the projection.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Core.Adapters;

/// <summary>
/// The update of one projection: alpha / r times B A, A [r, D] random and B [D, r] zero at first, keys "lora_A" and "lora_B" (Hu
/// et al. 2022).
/// </summary>
internal sealed class LoraUpdate : nn.Module<Tensor, Tensor>
{
    private readonly double _factor;
    private readonly double _dropout;
    private readonly RandomStream _random;

    [ComponentName(Name = "lora_A")]
    private readonly Parameter _down;

    [ComponentName(Name = "lora_B")]
    private readonly Parameter _up;

    public LoraUpdate(int dimension, AdapterOptions options, RandomStream random)
        : base(nameof(LoraUpdate))
    {
        (_factor, _dropout, _random) = (options.LoraAlpha / options.LoraRank, options.Dropout, random);
        _down = Weights.Uninitialized(options.LoraRank, dimension);
        _up = Weights.Constant(0, dimension, options.LoraRank);
        RegisterComponents();
        WeightInitialization.KaimingUniform(_down, random);
    }

    /// <summary>[B, T, D] to [B, T, D].</summary>
    public override Tensor forward(Tensor x_BTD)
    {
        using var scope = NewDisposeScope();

        // The projections of a GPU in bfloat16 hand on bfloat16; the update is computed in its own format.
        var plain_BTD = x_BTD.As(_down.dtype);
        var input_BTD = training && _dropout > 0 ? SeededDropout.Apply(plain_BTD, _dropout, _random) : plain_BTD;
        var inner_BTr = Linear.Apply(input_BTD, _down, null);
        return Linear.Apply(inner_BTr, _up, null).Times(_factor).MoveToOuterDisposeScope();
    }

    /// <summary>The update as a matrix, [D, D], to be added to the projection's weight.</summary>
    public Tensor Matrix()
    {
        using var product = _up.mm(_down);
        return product.Times(_factor);
    }
}
