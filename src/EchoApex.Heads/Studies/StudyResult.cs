using System.Text.Json.Serialization;

namespace EchoApex.Heads.Studies;

/// <summary>All that was read from a study. It names no patient.</summary>
public sealed record StudyResult
{
    /// <summary>Name of the study: its folder's.</summary>
    public required string Name { get; init; }

    /// <summary>What was found, in sentences.</summary>
    public required IReadOnlyList<string> Summary { get; init; }

    /// <summary>The values, and those that could not be given with the reason.</summary>
    public required IReadOnlyList<StudyMeasure> Measures { get; init; }

    /// <summary>The consistency checks.</summary>
    public required IReadOnlyList<ConsistencyCheck> Checks { get; init; }

    /// <summary>Which clip serves which purpose.</summary>
    public required IReadOnlyList<ClipChoice> Choices { get; init; }

    /// <summary>The clips.</summary>
    public required IReadOnlyList<StudyClip> Clips { get; init; }

    /// <summary>The beats that were measured.</summary>
    public required IReadOnlyList<StudyBeat> Beats { get; init; }

    /// <summary>Volume, area or diameter over time.</summary>
    public required IReadOnlyList<StudyCurve> Curves { get; init; }

    /// <summary>The frames that were measured.</summary>
    public required IReadOnlyList<KeyFrame> KeyFrames { get; init; }

    /// <summary>The models.</summary>
    public required IReadOnlyList<StudyModel> Models { get; init; }

    /// <summary>What the encoders look at, for people.</summary>
    [JsonIgnore]
    public IReadOnlyList<StudyExplanation> Explanations { get; init; } = [];

    /// <summary>A value by its name; null where the study has none of that name.</summary>
    public StudyMeasure? Find(string name) => Measures.FirstOrDefault(measure => measure.Name == name);
}
