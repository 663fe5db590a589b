// Shape legend: R = rows (crops x images), D = bottleneck dimension, K = prototypes.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// A Linear layer without bias whose weight is a direction times a length: W = weight_g * weight_v / ||weight_v|| by row.
/// </summary>
/// <remarks>
/// The parameters are registered as weight_g [K, 1], then weight_v [K, D], the order and the names of the released heads
/// (Salimans and Kingma, 2016; the older form of PyTorch's weight_norm).
/// </remarks>
internal sealed class WeightNormLinear : nn.Module<Tensor, Tensor>
{
    // The names let TorchSharp give these fields the new tensors when the layer is moved to another device.
    [ComponentName(Name = "weight_g")]
    private readonly Parameter _weightG;

    [ComponentName(Name = "weight_v")]
    private readonly Parameter _weightV;

    public WeightNormLinear(int inputs, int outputs, bool freezeNorm, RandomStream? random)
        : base(nameof(WeightNormLinear))
    {
        _weightG = new Parameter(ones(outputs, 1), requires_grad: !freezeNorm);
        _weightV = new Parameter(empty(outputs, inputs));

        // They live as long as the layer, whatever dispose scope it was built in.
        _weightG.DetachFromDisposeScope();
        _weightV.DetachFromDisposeScope();
        RegisterComponents();
        if (random is not null)
        {
            WeightInitialization.KaimingUniform(_weightV, random);
        }
    }

    /// <summary>The format of the product; the scores are float32 either way.</summary>
    public Precision Precision { get; set; }

    /// <summary>The effective weight [K, D].</summary>
    public Tensor EffectiveWeight()
    {
        using var scope = NewDisposeScope();
        var norms_K1 = _weightV.EuclideanNorm(1, keepDimension: true);
        return (_weightV * (_weightG / norms_K1)).MoveToOuterDisposeScope();
    }

    public override Tensor forward(Tensor input)
    {
        using var weight_KD = EffectiveWeight();
        if (Precision == Precision.Fp32)
        {
            return Linear.Apply(input, weight_KD, null);
        }

        using var narrow_RK = Linear.Apply(input, weight_KD, null, Precision);
        return narrow_RK.to(ScalarType.Float32);
    }
}
