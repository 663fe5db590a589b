using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Datasets;

namespace EchoApex.Training.Loop;

/// <summary>Which clips a run sees.</summary>
public sealed record DataOptions
{
    /// <summary>Clip files and folders, which are searched through; or folders of shards.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>What the paths are: <c>auto</c> looks, <c>clips</c> or <c>shards</c>.</summary>
    public DataSourceKind Source { get; init; }

    /// <summary>
    /// What one pass visits equally often: <c>clip</c>, <c>patient</c> or <c>frame</c>. The latter two need shards. A visit shows random
    /// frames of a clip, so that with <c>clip</c> a long one weighs no more than a short one.
    /// </summary>
    public SampleBalance Balance { get; init; }

    /// <summary>How clips are held in memory; shards are not held and were shrunk when they were written.</summary>
    public ClipDatasetOptions Cache { get; init; } = new();

    /// <summary>How often one pass over the data draws from each clip, or from each patient or frame (<see cref="Balance"/>); each draw takes random frames.</summary>
    [Range(1, 10_000)]
    public int SamplesPerClip { get; init; } = 1;

    /// <summary>Threads that read and augment.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 2;

    /// <summary>Batches prepared ahead of their use.</summary>
    [Range(1, 64)]
    public int PrefetchBatches { get; init; } = 2;
}
