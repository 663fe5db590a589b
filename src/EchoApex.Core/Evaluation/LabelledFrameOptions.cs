using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Evaluation;

/// <summary>What <see cref="LabelledFrameReader"/> takes from each clip.</summary>
public sealed record LabelledFrameOptions
{
    /// <summary>Frames of each clip, spread evenly over it; all where a clip has fewer.</summary>
    [Range(1, 100_000)]
    public int FramesPerClip { get; init; } = 2;

    /// <summary>A batch is handed out as soon as it has this many frames; clips are not split.</summary>
    [Range(1, 65_536)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Whether the frames are given as gray pictures too, for a comparison with raw pixels.</summary>
    public bool Pictures { get; init; }

    /// <summary>Whether masks are read.</summary>
    public bool Masks { get; init; }
}
