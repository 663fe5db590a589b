// Shape legend: B = images, C = input channels, W = inner width, O = output channels = 4 W, h, w = rows and columns.
using EchoApex.Core.Adapters;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Utils;
using static TorchSharp.torch;
using BatchNorm = EchoApex.Core.Layers.BatchNorm;

namespace EchoApex.Core.Backbones.ResNet;

/// <summary>
/// The residual block of ResNet50 v1.5 (He et al. 2016, with the stride in the 3x3 convolution): 1x1, 3x3, 1x1, each with
/// batch norm, plus the input or its projection. torchvision/models/resnet.py.
/// </summary>
internal sealed class Bottleneck : nn.Module<Tensor, Tensor>
{
    /// <summary>Output channels a unit of inner width.</summary>
    public const int Expansion = 4;

    [ComponentName(Name = "conv1")]
    private readonly Convolution2d _reduce;

    [ComponentName(Name = "bn1")]
    private readonly BatchNorm _reduceNorm;

    [ComponentName(Name = "conv2")]
    private readonly Convolution2d _spatial;

    [ComponentName(Name = "bn2")]
    private readonly BatchNorm _spatialNorm;

    [ComponentName(Name = "conv3")]
    private readonly Convolution2d _expand;

    [ComponentName(Name = "bn3")]
    private readonly BatchNorm _expandNorm;

    [ComponentName(Name = "downsample")]
    private readonly Projection? _shortcut;

    // Owned and registered by its AdapterSet: the block's keys stay the reference's.
    private ConvolutionAdapter? _adapter;

    public Bottleneck(int inputChannels, int width, int stride)
        : base(nameof(Bottleneck))
    {
        int outputChannels = width * Expansion;
        OutputChannels = outputChannels;
        _reduce = new Convolution2d(inputChannels, width, 1);
        _reduceNorm = new BatchNorm(width);
        _spatial = new Convolution2d(width, width, 3, stride, padding: 1);
        _spatialNorm = new BatchNorm(width);
        _expand = new Convolution2d(width, outputChannels, 1);
        _expandNorm = new BatchNorm(outputChannels);
        _shortcut = stride != 1 || inputChannels != outputChannels ? new Projection(inputChannels, outputChannels, stride) : null;
        RegisterComponents();
    }

    /// <summary>O, the channels of the result.</summary>
    public int OutputChannels { get; }

    /// <summary>The three convolutions with their norms, in order.</summary>
    public (Convolution2d Convolution, BatchNorm Norm)[] Layers => [(_reduce, _reduceNorm), (_spatial, _spatialNorm), (_expand, _expandNorm)];

    /// <summary>The projection of the input; null where the input itself is added.</summary>
    public Projection? Shortcut => _shortcut;

    /// <summary>What an <see cref="AdapterSet"/> has put behind the block; null for nothing.</summary>
    public ConvolutionAdapter? Adapter
    {
        get => _adapter;
        set => _adapter = value;
    }

    public void Initialize(RandomStream random)
    {
        _reduce.InitializeNormal(random);
        _spatial.InitializeNormal(random);
        _expand.InitializeNormal(random);
        _shortcut?.Initialize(random);
    }

    /// <summary>[B, C, h, w] to [B, O, h / stride, w / stride].</summary>
    public override Tensor forward(Tensor x_BChw)
    {
        // One scope a block: in inference what a block made is freed before the next begins.
        using var scope = NewDisposeScope();
        var inner_BWhw = ConvolveAndNormalize(_reduce, _reduceNorm, x_BChw).relu_();
        inner_BWhw = ConvolveAndNormalize(_spatial, _spatialNorm, inner_BWhw).relu_();
        var output_BOhw = ConvolveAndNormalize(_expand, _expandNorm, inner_BWhw);
        output_BOhw = output_BOhw.PlusInPlace(_shortcut is null ? x_BChw : _shortcut.forward(x_BChw)).relu_();
        output_BOhw = _adapter is null ? output_BOhw : _adapter.forward(output_BOhw);
        return output_BOhw.MoveToOuterDisposeScope();
    }

    /// <summary>A convolution and its batch norm; the map between them is freed at once.</summary>
    public static Tensor ConvolveAndNormalize(Convolution2d convolution, BatchNorm norm, Tensor x_BChw)
    {
        using var map = convolution.forward(x_BChw);
        return norm.forward(map);
    }
}
