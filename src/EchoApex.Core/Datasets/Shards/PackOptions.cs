using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>How <see cref="ClipPacker"/> packs clips.</summary>
public sealed record PackOptions
{
    /// <summary>How shards are written.</summary>
    public ShardWriteOptions Shards { get; init; } = new();

    /// <summary>Longer side of a stored frame in pixels; larger sectors are shrunk to it.</summary>
    [Range(16, 2048)]
    public int MaximumSide { get; init; } = 256;

    /// <summary>Frames kept of one clip, spread evenly over it.</summary>
    [Range(1, 4096)]
    public int FramesPerClip { get; init; } = 4096;

    /// <summary>Threads that read and encode; the shards do not depend on their number.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = Math.Min(Environment.ProcessorCount, 256);
}
