// Shape legend: B = clips, I, O = input and output channels, T = frames, h, w = rows and columns.
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>A convolution over frames, rows and columns, padded to keep their numbers; key "weight" [O, I, frames, side, side].</summary>
internal sealed class Convolution3d : nn.Module<Tensor, Tensor>
{
    private readonly long[] _stride;
    private readonly long[] _padding;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    /// <summary>Makes the layer; its weight starts uninitialised.</summary>
    /// <param name="inputChannels">I.</param>
    /// <param name="outputChannels">O.</param>
    /// <param name="frames">Frames of the kernel, odd.</param>
    /// <param name="side">Rows and columns of the kernel, odd.</param>
    /// <param name="stride">Step along rows and columns; frames are all kept.</param>
    public Convolution3d(long inputChannels, long outputChannels, long frames, long side, long stride = 1)
        : base(nameof(Convolution3d))
    {
        _stride = [1, stride, stride];
        _padding = [frames / 2, side / 2, side / 2];
        _weight = Weights.Uninitialized(outputChannels, inputChannels, frames, side, side);
        RegisterComponents();
    }

    public void Initialize(RandomStream random) => WeightInitialization.KaimingNormalFanOut(_weight, random);

    /// <summary>[B, I, T, h, w] to [B, O, T, h / stride, w / stride], rounded up.</summary>
    public override Tensor forward(Tensor clips_BIThw) => nn.functional.conv3d(clips_BIThw, _weight, null, _stride, _padding);
}
