// Shape legend: B = images, I, O = input and output channels, K = kernel side, H, W = rows and columns.
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Core.Layers;

/// <summary>A convolution with the keys "weight" [O, I, K, K] and, with bias, "bias" [O]. The weight starts uninitialised.</summary>
internal sealed class Convolution2d : nn.Module<Tensor, Tensor>, IPrecisionLayer
{
    private readonly long[] _stride;
    private readonly long[] _padding;
    private readonly bool _subsamples;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    public Convolution2d(long inputChannels, long outputChannels, long kernel, long stride = 1, long padding = 0, bool bias = false)
        : base(nameof(Convolution2d))
    {
        Nnpack.SwitchOff();
        _stride = [stride, stride];
        _padding = [padding, padding];
        _subsamples = kernel == 1 && stride > 1;
        _weight = Weights.Uninitialized(outputChannels, inputChannels, kernel, kernel);
        _bias = bias ? Weights.Constant(0, outputChannels) : null;
        RegisterComponents();
    }

    /// <summary>[O, I, K, K]; it belongs to the layer.</summary>
    public Tensor Weight => _weight;

    /// <summary>[O], or null; it belongs to the layer.</summary>
    public Tensor? Bias => _bias;

    /// <summary>Pixels from one place of the kernel to the next.</summary>
    public long Stride => _stride[0];

    /// <summary>Zeros about the input.</summary>
    public long Padding => _padding[0];

    /// <inheritdoc/>
    public Precision Precision { get; set; }

    /// <summary>PyTorch's default: uniform over ±1/sqrt(fan in), weight and bias.</summary>
    public void InitializeUniform(RandomStream random)
    {
        double bound = WeightInitialization.KaimingUniform(_weight, random);
        if (_bias is not null)
        {
            WeightInitialization.Uniform(_bias, random, -bound, bound);
        }
    }

    /// <summary>torchvision's ResNet: normal, fan out, gain of ReLU.</summary>
    public void InitializeNormal(RandomStream random) => WeightInitialization.KaimingNormalFanOut(_weight, random);

    /// <summary>[B, I, H, W] to [B, O, H', W'].</summary>
    public override Tensor forward(Tensor input_BIHW)
    {
        if (!_subsamples)
        {
            return Convolve(input_BIHW, _stride, _padding);
        }

        // The gradient of a 1x1 convolution with a stride and 512 or more inputs ends the process in oneDNN 3.7
        // (division by zero, libtorch 2.10 on AVX-512). Leaving the pixels out beforehand is the same map.
        using var rows = input_BIHW.slice(2, 0, input_BIHW.shape[2], _stride[0]);
        using var pixels = rows.slice(3, 0, input_BIHW.shape[3], _stride[1]);
        return Convolve(pixels, [1, 1], [0, 0]);
    }

    private Tensor Convolve(Tensor input, long[] stride, long[] padding)
    {
        if (Precision == Precision.Fp32)
        {
            return nn.functional.conv2d(input, _weight, _bias, stride, padding);
        }

        using var narrowInput = input.As(ScalarType.BFloat16);
        using var narrowWeight = _weight.As(ScalarType.BFloat16);
        using var narrowBias = _bias?.As(ScalarType.BFloat16);
        return nn.functional.conv2d(narrowInput, narrowWeight, narrowBias, stride, padding);
    }
}
