// Shape legend: B = clips, I, O = input and output channels, T = frames, h, w = rows and columns.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>Two factorised convolutions beside a shortcut; keys "first", "second" and, where channels or size change, "shortcut" and "shortcut_norm".</summary>
internal sealed class VideoBlock : nn.Module<Tensor, Tensor>
{
    private readonly int _stride;

    [ComponentName(Name = "first")]
    private readonly VideoUnit _first;

    [ComponentName(Name = "second")]
    private readonly VideoUnit _second;

    [ComponentName(Name = "shortcut")]
    private readonly Convolution3d? _shortcut;

    [ComponentName(Name = "shortcut_norm")]
    private readonly GroupNorm? _shortcutNorm;

    public VideoBlock(int inputChannels, int outputChannels, int stride)
        : base(nameof(VideoBlock))
    {
        _stride = stride;
        _first = new VideoUnit(inputChannels, outputChannels, stride);
        _second = new VideoUnit(outputChannels, outputChannels);
        if (stride > 1 || inputChannels != outputChannels)
        {
            _shortcut = new Convolution3d(inputChannels, outputChannels, 1, 1);
            _shortcutNorm = new GroupNorm(outputChannels);
        }

        RegisterComponents();
    }

    public void Initialize(RandomStream random)
    {
        _first.Initialize(random);
        _second.Initialize(random);
        _shortcut?.Initialize(random);
    }

    /// <summary>[B, I, T, h, w] to [B, O, T, h / stride, w / stride], rounded up.</summary>
    public override Tensor forward(Tensor clips_BIThw)
    {
        using var scope = NewDisposeScope();
        var changed_BOThw = _second.forward(_first.forward(clips_BIThw).relu());
        return changed_BOThw.Plus(Shortcut(clips_BIThw)).relu().MoveToOuterDisposeScope();
    }

    // A stride of a 1x1x1 convolution leaves pixels out: done beforehand it is the same map, and safe in oneDNN.
    private Tensor Shortcut(Tensor clips_BIThw)
    {
        if (_shortcut is null)
        {
            return clips_BIThw;
        }

        var kept = _stride == 1 ? clips_BIThw : clips_BIThw.slice(3, 0, clips_BIThw.shape[3], _stride).slice(4, 0, clips_BIThw.shape[4], _stride);
        return _shortcutNorm!.forward(_shortcut.forward(kept));
    }
}
