// Shape legend: B = images, I, O = input and output channels, h, w = rows and columns of a map.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Layers;

/// <summary>Convolution, group normalisation, GELU or ReLU; keys "conv" and "norm".</summary>
internal sealed class ConvolutionUnit : nn.Module<Tensor, Tensor>
{
    private readonly bool _rectifies;

    [ComponentName(Name = "conv")]
    private readonly Convolution2d _convolution;

    [ComponentName(Name = "norm")]
    private readonly GroupNorm _norm;

    public ConvolutionUnit(int inputChannels, int outputChannels, int kernel, int stride = 1, bool rectifies = false)
        : base(nameof(ConvolutionUnit))
    {
        _rectifies = rectifies;
        _convolution = new Convolution2d(inputChannels, outputChannels, kernel, stride, padding: kernel / 2);
        _norm = new GroupNorm(outputChannels);
        RegisterComponents();
    }

    public void Initialize(RandomStream random) => _convolution.InitializeNormal(random);

    /// <summary>[B, I, h, w] to [B, O, h / stride, w / stride], rounded up.</summary>
    public override Tensor forward(Tensor map_BIhw)
    {
        using var convolved = _convolution.forward(map_BIhw);
        using var normed = _norm.forward(convolved);
        return _rectifies ? normed.relu() : normed.gelu();
    }
}
