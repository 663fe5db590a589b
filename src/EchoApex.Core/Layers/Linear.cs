// Shape legend: I = input features, O = output features.
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>A linear map with bias, <c>y = x W^T + b</c>, with the state-dict keys "weight" [O, I] and "bias" [O].</summary>
/// <remarks>The weight is uninitialised memory until <see cref="Initialize"/> or a weights file fills it; the bias starts at 0.</remarks>
public sealed class Linear : nn.Module<Tensor, Tensor>, IPrecisionLayer
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

    /// <summary>[O, I]; it belongs to the layer.</summary>
    internal Tensor Weight => _weight;

    /// <summary>[O]; it belongs to the layer.</summary>
    internal Tensor Bias => _bias;

    /// <inheritdoc/>
    public Precision Precision { get; set; }

    /// <summary>Fills the weight from a normal distribution of standard deviation 0.02 and the bias with 0, as every ViT here does.</summary>
    public void Initialize(RandomStream random)
    {
        WeightInitialization.TruncatedNormal(_weight, random);
        nn.init.zeros_(_bias);
    }

    /// <summary>Maps [..., I] to [..., O].</summary>
    public override Tensor forward(Tensor input) => Apply(input, _weight, _bias, Precision);

    /// <summary>The map followed by the exact GELU; in one pass when no gradient is recorded.</summary>
    internal Tensor ForwardGelu(Tensor input)
    {
        if (!is_grad_enabled() && Precision == Precision.Fp32 && DnnlLinear.Serves(input, _weight))
        {
            return DnnlLinear.Apply(input, _weight, _bias, DnnlLinear.Epilogue.Gelu);
        }

        using var mapped = NarrowLinearFunction.Serves(input, Precision)
            ? NarrowLinearFunction.Map(input, _weight, _bias, is_grad_enabled() && (input.requires_grad || _weight.requires_grad), keepNarrow: true)
            : forward(input);
        return is_grad_enabled() ? mapped.gelu() : mapped.gelu_().alias();
    }

    /// <summary>
    /// The map for a weight that is not this layer's own, with gradients: oneDNN in float32 on the CPU, where it is up to
    /// twice as fast as MKL, libtorch's own elsewhere.
    /// </summary>
    /// <param name="input">[..., I].</param>
    /// <param name="weight">[O, I].</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="precision">The format of the products.</param>
    /// <returns>[..., O]; bfloat16 with <see cref="Precision.Bf16"/> on a GPU, float32 otherwise.</returns>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias, Precision precision = Precision.Fp32)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(weight);
        bool gradient = is_grad_enabled() && (input.requires_grad || weight.requires_grad || bias is { requires_grad: true });
        if (NarrowLinearFunction.Serves(input, precision))
        {
            return NarrowLinearFunction.Map(input, weight, bias, gradient);
        }

        if (precision == Precision.Bf16)
        {
            using var narrowInput = input.As(ScalarType.BFloat16);
            using var narrowWeight = weight.As(ScalarType.BFloat16);
            using var narrowBias = bias?.As(ScalarType.BFloat16);
            return nn.functional.linear(narrowInput, narrowWeight, narrowBias);
        }

        if (!DnnlLinear.Serves(input, weight))
        {
            return nn.functional.linear(input, weight, bias);
        }

        return gradient ? LinearFunction.apply(input, weight, bias!) : DnnlLinear.Apply(input, weight, bias);
    }
}
