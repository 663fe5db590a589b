using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Specialists;

/// <summary>Options of <see cref="UNetSegmentationTask"/>.</summary>
public sealed record UNetSegmentationOptions
{
    /// <summary>The network.</summary>
    public UNetOptions Network { get; init; } = new();

    /// <summary>Weight of the cross-entropy; 1 as in nnU-Net.</summary>
    [Range(0.0, 1000.0)]
    public double CrossEntropyWeight { get; init; } = 1;

    /// <summary>Weight of the Dice loss; 1 as in nnU-Net.</summary>
    [Range(0.0, 1000.0)]
    public double DiceWeight { get; init; } = 1;

    /// <summary>Pixels of the input that a structure must have to be judged (ours); as in the task that it is compared with.</summary>
    [Range(1, 1_000_000)]
    public int MinimumPixels { get; init; } = 16;

    /// <summary>Frames with a mask that are judged of each clip, evenly spread; 0 takes all.</summary>
    [Range(0, 100_000)]
    public int EvaluationFrames { get; init; } = 2;

    /// <summary>Draws of the bootstrap.</summary>
    [Range(10, 100_000)]
    public int BootstrapDraws { get; init; } = 1000;

    /// <summary>Seed of the bootstrap; one for the specialist and what it is compared with gives intervals of the same draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How training frames are varied.</summary>
    public FrameAugmentationOptions Augmentation { get; init; } = new();
}
