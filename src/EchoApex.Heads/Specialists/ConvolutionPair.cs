// Shape legend: B = images, I, O = input and output channels, h, w = rows and columns of a map.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>Twice a 3x3 convolution, group normalisation and ReLU; keys "first" and "second".</summary>
internal sealed class ConvolutionPair : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "first")]
    private readonly ConvolutionUnit _first;

    [ComponentName(Name = "second")]
    private readonly ConvolutionUnit _second;

    public ConvolutionPair(int inputChannels, int outputChannels)
        : base(nameof(ConvolutionPair))
    {
        _first = new ConvolutionUnit(inputChannels, outputChannels, 3, rectifies: true);
        _second = new ConvolutionUnit(outputChannels, outputChannels, 3, rectifies: true);
        RegisterComponents();
    }

    public void Initialize(RandomStream random)
    {
        _first.Initialize(random);
        _second.Initialize(random);
    }

    /// <summary>[B, I, h, w] to [B, O, h, w].</summary>
    public override Tensor forward(Tensor map_BIhw)
    {
        using var once = _first.forward(map_BIhw);
        return _second.forward(once);
    }
}
