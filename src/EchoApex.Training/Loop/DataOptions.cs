using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Datasets;

namespace EchoApex.Training.Loop;

/// <summary>Which clips a run sees.</summary>
public sealed record DataOptions
{
    /// <summary>Clip files and folders; folders are searched through.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>How clips are held in memory.</summary>
    public ClipDatasetOptions Cache { get; init; } = new();

    /// <summary>How often one pass over the data draws from each clip; each draw takes random frames.</summary>
    [Range(1, 10_000)]
    public int SamplesPerClip { get; init; } = 1;

    /// <summary>Threads that read and augment.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 2;

    /// <summary>Batches prepared ahead of their use.</summary>
    [Range(1, 64)]
    public int PrefetchBatches { get; init; } = 2;
}
