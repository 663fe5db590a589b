namespace EchoApex.Heads.Segmentation;

/// <summary>What to segment, in pixels of the clip's frame as it is stored. At least one of its parts must be given.</summary>
public sealed record SegmentationPrompt
{
    /// <summary>Points inside and outside of the structure; empty for none.</summary>
    public IReadOnlyList<PromptPoint> Points { get; init; } = [];

    /// <summary>A box around the structure; null for none.</summary>
    public PromptBox? Box { get; init; }

    /// <summary>A structure of <see cref="SegmentationHead.Structures"/> by name: the automatic mode, alone or with points and a box; null for none.</summary>
    public string? Structure { get; init; }

    /// <summary>A mask that the session gave before, to be corrected or followed into another frame of the clip; null for none.</summary>
    public SegmentedMask? Previous { get; init; }
}
