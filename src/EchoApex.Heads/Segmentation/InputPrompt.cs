namespace EchoApex.Heads.Segmentation;

/// <summary>A prompt in pixels of the network's input; <see cref="SegmentationPrompt"/> is one in pixels of a clip's frame.</summary>
public sealed record InputPrompt
{
    /// <summary>Points; empty for none.</summary>
    public IReadOnlyList<PromptPoint> Points { get; init; } = [];

    /// <summary>A box; null for none.</summary>
    public PromptBox? Box { get; init; }

    /// <summary>The structure by its place in <see cref="SegmentationHead.Structures"/>; null for none.</summary>
    public int? Structure { get; init; }

    /// <summary>Whether nothing is given.</summary>
    internal bool IsEmpty => Points.Count == 0 && Box is null && Structure is null;

    /// <summary>Whether it may mean several things: one point and nothing else.</summary>
    internal bool IsAmbiguous => Points.Count == 1 && Box is null && Structure is null;
}
