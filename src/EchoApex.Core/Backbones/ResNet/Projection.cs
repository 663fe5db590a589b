// Shape legend: B = images, C, O = input and output channels, h, w = rows and columns.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;
using BatchNorm = EchoApex.Core.Layers.BatchNorm;

namespace EchoApex.Core.Backbones.ResNet;

/// <summary>The shortcut of a block that changes the shape: 1x1 convolution with the block's stride, then batch norm; keys "0" and "1".</summary>
internal sealed class Projection : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "0")]
    private readonly Convolution2d _convolution;

    [ComponentName(Name = "1")]
    private readonly BatchNorm _norm;

    public Projection(int inputChannels, int outputChannels, int stride)
        : base(nameof(Projection))
    {
        _convolution = new Convolution2d(inputChannels, outputChannels, 1, stride);
        _norm = new BatchNorm(outputChannels);
        RegisterComponents();
    }

    /// <summary>The convolution with its norm.</summary>
    public (Convolution2d Convolution, BatchNorm Norm) Layer => (_convolution, _norm);

    public void Initialize(RandomStream random) => _convolution.InitializeNormal(random);

    /// <summary>[B, C, h, w] to [B, O, h / stride, w / stride].</summary>
    public override Tensor forward(Tensor x_BChw) => Bottleneck.ConvolveAndNormalize(_convolution, _norm, x_BChw);
}
