// Shape legend: B = clips, T = frames, S = side of the square input, C = channels, h, w = rows and columns of a stage.
using EchoApex.Core.Configuration;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Layers;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Heads.Specialists;

/// <summary>
/// A small R(2+1)D network (Tran et al. 2018, "A Closer Look at Spatiotemporal Convolutions for Action Recognition", section 3.5) from
/// a clip to its ejection fraction, as EchoNet-Dynamic does it (Ouyang et al. 2020): residual stages of convolutions in space,
/// then in time, a mean over all places and a linear map.
/// </summary>
/// <remarks>
/// Ours: group instead of batch normalisation; frames keep their number throughout; the width between space and time is the
/// block's own; images enter as 2x2 blocks of 3 channels, filled up with zeros from 12 to 16, in place of a 7x7 convolution with a
/// stride. The ejection fraction leaves the network in standard deviations around the mean of the training labels
/// (<see cref="SetTargetStatistics"/>), stored as "target_mean" and "target_std" beside the weights.
/// </remarks>
public sealed class VideoNetwork : nn.Module<Tensor, Tensor>
{
    private const int BlockSide = 2;

    [ComponentName(Name = "target_mean")]
    private readonly Tensor _targetMean;

    [ComponentName(Name = "target_std")]
    private readonly Tensor _targetStd;

    [ComponentName(Name = "stem")]
    private readonly VideoUnit _stem;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<VideoBlock> _blocks;

    [ComponentName(Name = "ef")]
    private readonly Linear _ejectionFraction;

    /// <summary>Creates the network.</summary>
    /// <param name="options">Its stages.</param>
    /// <param name="initialization">Draws the initial weights.</param>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public VideoNetwork(VideoNetworkOptions options, RandomStream initialization)
        : base(nameof(VideoNetwork))
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(initialization);
        OptionsValidator.Validate(options, "video_network");
        _targetMean = Weights.Own(full([], 55, float32));
        _targetStd = Weights.Own(full([], 12, float32));
        _stem = new VideoUnit(ChannelPadding.Channels, options.Widths[0]);
        _blocks = [];
        for (int i = 0; i < options.Widths.Count * options.BlocksPerStage; i++)
        {
            int stage = i / options.BlocksPerStage;
            bool enters = stage > 0 && i % options.BlocksPerStage == 0;
            _blocks.Add(new VideoBlock(options.Widths[enters ? stage - 1 : stage], options.Widths[stage], enters ? 2 : 1));
        }

        _ejectionFraction = new Linear(options.Widths[^1], 1);
        RegisterComponents();
        _stem.Initialize(initialization);
        foreach (var block in _blocks)
        {
            block.Initialize(initialization);
        }

        _ejectionFraction.Initialize(initialization);
    }

    /// <summary>Mean and standard deviation of the training labels in percent, as they stand in the state dict.</summary>
    public (double Mean, double Std) TargetStatistics => (_targetMean.ReadDouble(), _targetStd.ReadDouble());

    /// <summary>Sets where an untrained network starts: the mean and standard deviation of the training labels in percent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The standard deviation is not positive.</exception>
    public void SetTargetStatistics(double mean, double std)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(std);
        using var noGrad = no_grad();
        _targetMean.FillInPlace(mean);
        _targetStd.FillInPlace(std);
    }

    /// <summary>Says the ejection fraction of clips.</summary>
    /// <param name="clips_BTCSS">Normalised frames [B, T, 3, S, S], S even.</param>
    /// <returns>Percent, [B]; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The clips have another shape.</exception>
    public override Tensor forward(Tensor clips_BTCSS)
    {
        ArgumentNullException.ThrowIfNull(clips_BTCSS);
        using var scope = NewDisposeScope();
        return Standardized(clips_BTCSS).mul(_targetStd).Plus(_targetMean).MoveToOuterDisposeScope();
    }

    /// <summary>The ejection fractions in standard deviations around the mean of the training labels, [B].</summary>
    internal Tensor Standardized(Tensor clips_BTCSS)
    {
        long[] shape = clips_BTCSS.shape;
        if (shape.Length != 5 || shape[2] != 3 || shape[3] % BlockSide != 0 || shape[4] % BlockSide != 0)
        {
            throw new ArgumentException($"A video network takes clips [B, T, 3, S, S] with an even S; got [{string.Join(", ", shape)}].", nameof(clips_BTCSS));
        }

        using var scope = NewDisposeScope();
        var blocks = nn.functional.pixel_unshuffle(clips_BTCSS.reshape(shape[0] * shape[1], 3, shape[3], shape[4]), BlockSide);
        var map = ChannelPadding.Fill(blocks).view(shape[0], shape[1], ChannelPadding.Channels, shape[3] / BlockSide, shape[4] / BlockSide)
            .permute(0, 2, 1, 3, 4).contiguous();
        map = _stem.forward(map).relu();
        foreach (var block in _blocks)
        {
            map = block.forward(map);
        }

        return _ejectionFraction.forward(map.mean([2, 3, 4])).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Percent in standard deviations around the mean of the training labels; a new handle.</summary>
    internal Tensor Standardize(Tensor percent_B)
    {
        using var scope = NewDisposeScope();
        return percent_B.Plus(_targetMean.neg()).div(_targetStd).MoveToOuterDisposeScope();
    }
}
