using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Datasets;

/// <summary>How clips are held in memory.</summary>
public sealed record ClipDatasetOptions
{
    /// <summary>Longer side of a stored frame in pixels; larger sectors are shrunk to it once, when they are read.</summary>
    [Range(16, 2048)]
    public int MaximumSide { get; init; } = 256;

    /// <summary>Frames kept of one clip, spread evenly over it.</summary>
    [Range(1, 4096)]
    public int FramesPerClip { get; init; } = 32;

    /// <summary>Memory for decoded frames in megabytes; the least recently used clips are dropped beyond it.</summary>
    [Range(1, 1 << 20)]
    public int CacheMegabytes { get; init; } = 1024;
}
