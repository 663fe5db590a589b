// Shape legend: R = rows (crops x images), D = input dimension, E = bottleneck dimension, K = prototypes.
using EchoApex.Core.Configuration;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// The head of DINO and DINOv2: an MLP with GELU, L2 normalisation of the bottleneck, and weight-normalised prototypes.
/// </summary>
/// <remarks>
/// Caron et al., "Emerging Properties in Self-Supervised Vision Transformers", section 3.1 and appendix C;
/// upstream: dino/vision_transformer.py DINOHead, dinov2/layers/dino_head.py. State-dict keys are those of the released
/// heads: mlp.0.weight, mlp.0.bias, ..., last_layer.weight_g, last_layer.weight_v (mlp.weight, mlp.bias with one layer).
/// </remarks>
public sealed class ProjectionHead : nn.Module<Tensor, Tensor>
{
    private const double NormEpsilon = 1e-12;

    private readonly nn.Module<Tensor, Tensor> _mlp;
    private readonly WeightNormLinear _lastLayer;

    /// <summary>Builds the head.</summary>
    /// <param name="options">Shape and initialisation.</param>
    /// <param name="initialization">Source of the initial weights; null leaves them undefined because they are about to be loaded.</param>
    /// <exception cref="ConfigurationException">An option lies outside its range.</exception>
    public ProjectionHead(ProjectionHeadOptions options, RandomStream? initialization = null)
        : base(nameof(ProjectionHead))
    {
        OptionsValidator.Validate(options, "projection head");
        Options = options;
        _mlp = BuildMlp(options, initialization);
        _lastLayer = new WeightNormLinear(options.BottleneckDim, options.Prototypes, options.FreezeLastLayerNorm, initialization);
        register_module("mlp", _mlp);
        register_module("last_layer", _lastLayer);
    }

    /// <summary>The format of the linear maps: float32 unless set. Normalisation and scores are float32 either way.</summary>
    public Precision Precision
    {
        get => _lastLayer.Precision;
        set
        {
            _lastLayer.Precision = value;
            foreach (var linear in modules().OfType<Linear>())
            {
                linear.Precision = value;
            }
        }
    }

    /// <summary>The options that the head was built with.</summary>
    public ProjectionHeadOptions Options { get; }

    /// <summary>Maps features [R, D] to prototype scores [R, K]: cosines times the prototypes' norms.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var mapped_RE = _mlp.call(input);
        var bottleneck_RE = nn.functional.normalize(Precision == Precision.Bf16 ? mapped_RE.to(ScalarType.Float32) : mapped_RE, 2, -1, NormEpsilon);
        return _lastLayer.call(bottleneck_RE).MoveToOuterDisposeScope();
    }

    /// <summary>The MLP alone, before the normalisation: [R, D] to [R, E].</summary>
    internal Tensor ForwardMlp(Tensor input) => _mlp.call(input);

    /// <summary>The prototypes alone: [R, E] to [R, K].</summary>
    internal Tensor ForwardLastLayer(Tensor input) => _lastLayer.call(input);

    /// <summary>The prototypes' effective weight [K, E].</summary>
    internal Tensor EffectiveWeight() => _lastLayer.EffectiveWeight();

    private static nn.Module<Tensor, Tensor> BuildMlp(ProjectionHeadOptions options, RandomStream? random)
    {
        if (options.Layers == 1)
        {
            return NewLinear(options.InputDim, options.BottleneckDim, options, random);
        }

        var layers = new List<nn.Module<Tensor, Tensor>>();
        for (int i = 0; i < options.Layers - 1; i++)
        {
            layers.Add(NewLinear(i == 0 ? options.InputDim : options.HiddenDim, options.HiddenDim, options, random));
            if (options.BatchNorm)
            {
                layers.Add(new BatchNorm(options.HiddenDim));
            }

            layers.Add(nn.GELU());
        }

        layers.Add(NewLinear(options.HiddenDim, options.BottleneckDim, options, random));
        return nn.Sequential(layers);
    }

    private static Linear NewLinear(int inputs, int outputs, ProjectionHeadOptions options, RandomStream? random)
    {
        var linear = new Linear(inputs, outputs);
        if (random is not null)
        {
            double std = options.InitGain is double gain ? gain / Math.Sqrt(inputs) : options.InitStd;
            WeightInitialization.TruncatedNormal(linear.get_parameter("weight")!, random, std: std);
        }

        return linear;
    }
}
