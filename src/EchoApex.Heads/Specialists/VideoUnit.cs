// Shape legend: B = clips, I, O = input and output channels, T = frames, h, w = rows and columns.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>A factorised convolution: 1x3x3 in space, group normalisation, ReLU, 3x1x1 in time, group normalisation. Keys "space", "space_norm", "time", "time_norm".</summary>
internal sealed class VideoUnit : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "space")]
    private readonly Convolution3d _space;

    [ComponentName(Name = "space_norm")]
    private readonly GroupNorm _spaceNorm;

    [ComponentName(Name = "time")]
    private readonly Convolution3d _time;

    [ComponentName(Name = "time_norm")]
    private readonly GroupNorm _timeNorm;

    public VideoUnit(int inputChannels, int outputChannels, int stride = 1)
        : base(nameof(VideoUnit))
    {
        _space = new Convolution3d(inputChannels, outputChannels, 1, 3, stride);
        _spaceNorm = new GroupNorm(outputChannels);
        _time = new Convolution3d(outputChannels, outputChannels, 3, 1);
        _timeNorm = new GroupNorm(outputChannels);
        RegisterComponents();
    }

    public void Initialize(RandomStream random)
    {
        _space.Initialize(random);
        _time.Initialize(random);
    }

    /// <summary>[B, I, T, h, w] to [B, O, T, h / stride, w / stride], rounded up, before the last ReLU.</summary>
    public override Tensor forward(Tensor clips_BIThw)
    {
        using var scope = NewDisposeScope();
        var space_BOThw = _spaceNorm.forward(_space.forward(clips_BIThw)).relu();
        return _timeNorm.forward(_time.forward(space_BOThw)).MoveToOuterDisposeScope();
    }
}
