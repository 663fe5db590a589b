using System.ComponentModel.DataAnnotations;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Baselines;

/// <summary>How <see cref="SupervisedBaseline"/> trains. All values are ours.</summary>
public sealed record SupervisedOptions
{
    /// <summary>Seed of sampling, augmentation and the linear layer.</summary>
    public ulong Seed { get; init; }

    /// <summary>Views of a sample; only the global ones are used, each with the clip's label.</summary>
    public MultiCropOptions Augmentation { get; init; } = new();

    /// <summary>Clips a step.</summary>
    [Range(1, 4096)]
    public int BatchSize { get; init; } = 32;

    /// <summary>Steps of the run.</summary>
    [Range(1, 10_000_000)]
    public int Steps { get; init; } = 600;

    /// <summary>Learning rate at the end of the warm-up.</summary>
    [Range(0.0, 1.0)]
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Share of the steps over which the learning rate rises.</summary>
    [Range(0.0, 1.0)]
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>Weight decay.</summary>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Loader threads.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 1;
}
