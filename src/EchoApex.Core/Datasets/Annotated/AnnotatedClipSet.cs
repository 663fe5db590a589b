namespace EchoApex.Core.Datasets.Annotated;

/// <summary>The clips of a data set and what it says of them. Immutable.</summary>
public sealed record AnnotatedClipSet
{
    /// <summary>Name of the set, such as "EchoNet-Dynamic".</summary>
    public required string Name { get; init; }

    /// <summary>The clips, in the order of the set.</summary>
    public required IReadOnlyList<AnnotatedClip> Clips { get; init; }

    /// <summary>
    /// What the values of masks mean: place 0 is "background"; others "left_ventricle", "left_ventricular_myocardium",
    /// "left_atrium", "right_ventricle", "right_atrium" or what else the set draws. Empty for a set without masks.
    /// </summary>
    public IReadOnlyList<string> Structures { get; init; } = [];

    /// <summary>Rows and files that were left out, each with file, line, reason and remedy.</summary>
    public IReadOnlyList<SkippedClip> Skipped { get; init; } = [];

    /// <summary>The clips of one split.</summary>
    public IEnumerable<AnnotatedClip> Of(DataSplit split) => Clips.Where(clip => clip.Split == split);
}
