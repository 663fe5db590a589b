// Shape legend: B = images, T = tokens, D = token dimension, r = width of the bottleneck.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using LayerNorm = EchoApex.Core.Layers.LayerNorm;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Core.Adapters;

/// <summary>
/// Down, ReLU, dropout, up, times a factor (Chen et al. 2022, AdaptFormer; upstream models/adapter.py), with the reference's keys.
/// Up starts at 0, so that a fresh adapter changes nothing.
/// </summary>
internal sealed class BottleneckAdapter : nn.Module<Tensor, Tensor>
{
    // nn.LayerNorm's default, unlike the encoders' 1e-6.
    private const double NormEpsilon = 1e-5;

    private readonly double _scaleValue;
    private readonly double _dropout;
    private readonly bool _normalizesInput;
    private readonly RandomStream _random;

    [ComponentName(Name = "adapter_layer_norm_before")]
    private readonly LayerNorm? _norm;

    [ComponentName(Name = "scale")]
    private readonly Parameter? _scale;

    [ComponentName(Name = "down_proj")]
    private readonly Linear _down;

    [ComponentName(Name = "up_proj")]
    private readonly Linear _up;

    /// <param name="dimension">D.</param>
    /// <param name="bottleneck">r.</param>
    /// <param name="options">Scale, normalisation, dropout.</param>
    /// <param name="random">Draws the weights now and the dropout later.</param>
    public BottleneckAdapter(int dimension, int bottleneck, AdapterOptions options, RandomStream random)
        : base(nameof(BottleneckAdapter))
    {
        (_scaleValue, _dropout, _random) = (options.Scale, options.Dropout, random);
        _normalizesInput = options.Normalization == AdapterNormalization.Before;
        _norm = options.Normalization == AdapterNormalization.None ? null : new LayerNorm(dimension, NormEpsilon);
        _scale = options.LearnableScale ? Weights.Constant(options.Scale, 1) : null;
        _down = new Linear(dimension, bottleneck);
        _up = new Linear(bottleneck, dimension);
        RegisterComponents();
        using var noGradient = no_grad();
        WeightInitialization.KaimingUniform(_down.parameters().First(), random);
        nn.init.zeros_(_up.parameters().First());
    }

    /// <summary>D to r.</summary>
    public Linear Down => _down;

    /// <summary>r to D.</summary>
    public Linear Up => _up;

    /// <summary>The norm, of the input or of the output; null for none.</summary>
    public LayerNorm? Norm => _norm;

    /// <summary>Whether the norm is the input's.</summary>
    public bool NormalizesInput => _normalizesInput;

    /// <summary>The factor of the output, as it is now.</summary>
    public double Scale => _scale?.ReadDouble() ?? _scaleValue;

    /// <summary>[B, T, D] to [B, T, D], without the residual.</summary>
    public override Tensor forward(Tensor x_BTD)
    {
        using var scope = NewDisposeScope();
        var input_BTD = _normalizesInput ? _norm!.forward(x_BTD) : x_BTD;
        var inner_BTr = _down.forward(input_BTD).relu();
        if (training && _dropout > 0)
        {
            inner_BTr = SeededDropout.Apply(inner_BTr, _dropout, _random);
        }

        var output_BTD = _up.forward(inner_BTr).As(x_BTD.dtype);
        output_BTD = _scale is null ? output_BTD.Times(_scaleValue) : output_BTD.mul(_scale);
        if (_norm is not null && !_normalizesInput)
        {
            output_BTD = _norm.forward(output_BTD);
        }

        return output_BTD.MoveToOuterDisposeScope();
    }
}
