// Shape legend: B = images or clips, C = channels, ... = rows and columns of a map, or frames, rows and columns.
using EchoApex.Core.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EchoApex.Heads.Layers;

/// <summary>Group normalisation (Wu and He 2018): the same for any batch size and in training and evaluation. Keys "weight" and "bias".</summary>
internal sealed class GroupNorm : nn.Module<Tensor, Tensor>
{
    private const int ChannelsAGroup = 8;
    private readonly long _groups;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias;

    public GroupNorm(int channels)
        : base(nameof(GroupNorm))
    {
        _groups = channels / ChannelsAGroup;
        _weight = Weights.Constant(1, channels);
        _bias = Weights.Constant(0, channels);
        RegisterComponents();
    }

    /// <summary>[B, C, ...] to the same shape.</summary>
    public override Tensor forward(Tensor map_BC) => nn.functional.group_norm(map_BC, _groups, _weight, _bias, 1e-5);
}
