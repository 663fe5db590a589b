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

    /// <summary>What was decided or repaired in reading the set, one sentence each: which split, how many clips without tracings.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The clips of one split.</summary>
    public IEnumerable<AnnotatedClip> Of(DataSplit split) => Clips.Where(clip => clip.Split == split);

    /// <summary>
    /// Makes one set of several: structures of one name become one, patients of different sets stay different. Clips know by
    /// <see cref="AnnotatedClip.Set"/> where they come from, and by <see cref="AnnotatedClip.DrawnStructures"/> what their masks draw.
    /// </summary>
    /// <param name="sets">At least one set; one alone is returned as it is.</param>
    public static AnnotatedClipSet Merge(IReadOnlyList<AnnotatedClipSet> sets)
    {
        ArgumentNullException.ThrowIfNull(sets);
        ArgumentOutOfRangeException.ThrowIfZero(sets.Count, nameof(sets));
        if (sets.Count == 1)
        {
            return sets[0];
        }

        string[] structures = [.. sets.SelectMany(set => set.Structures).Distinct(StringComparer.Ordinal)];
        return new AnnotatedClipSet
        {
            Name = string.Join(" + ", sets.Select(set => set.Name)),
            Structures = structures,
            Clips = [.. sets.SelectMany((set, place) => set.Clips.Select(clip => Moved(clip, place, set, Map(set.Structures, structures))))],
            Skipped = [.. sets.SelectMany(set => set.Skipped)],
            Notes = [.. sets.SelectMany(set => set.Notes.Select(note => $"{set.Name}: {note}"))],
        };
    }

    private static byte[] Map(IReadOnlyList<string> from, string[] to) => [.. from.Select(name => (byte)Array.IndexOf(to, name))];

    private static AnnotatedClip Moved(AnnotatedClip clip, int place, AnnotatedClipSet set, byte[] map) => clip with
    {
        Set = place,
        DrawnStructures = clip.DrawnStructures ?? set.Structures,
        Name = $"{place}/{clip.Name}",
        Patient = $"{place}/{clip.Patient}",
        Frames = [.. clip.Frames.Select(frame => frame.Mask is { } mask ? frame with { Mask = () => Mapped(mask(), map) } : frame)],
    };

    private static LabelMask Mapped(LabelMask mask, byte[] map)
    {
        byte[] labels = mask.Labels.ToArray();
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = labels[i] < map.Length ? map[labels[i]] : labels[i];
        }

        return new LabelMask(labels, mask.Height, mask.Width);
    }
}
