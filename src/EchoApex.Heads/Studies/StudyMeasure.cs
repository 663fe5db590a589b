namespace EchoApex.Heads.Studies;

/// <summary>A value of a study, or why there is none.</summary>
public sealed record StudyMeasure
{
    /// <summary>Its name for machines, one of <see cref="MeasureNames"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Its name for people.</summary>
    public required string Title { get; init; }

    /// <summary>Its unit as UCUM: "%", "mL", "mm", "cm2", "g", "/min", "L/min", "1".</summary>
    public required string Unit { get; init; }

    /// <summary>The value; null for an abstention.</summary>
    public double? Value { get; init; }

    /// <summary>Half width of its 95 % interval, where the method gives one.</summary>
    public double? HalfWidth95 { get; init; }

    /// <summary>Standard deviation over beats; null below two beats.</summary>
    public double? BeatDeviation { get; init; }

    /// <summary>Beats that it is the mean of; null for values that are of no beat.</summary>
    public int? Beats { get; init; }

    /// <summary>
    /// How far the network trusts what it was measured from, 0 to 1: the expected overlap of masks, or the sharpness of points. Not a
    /// probability.
    /// </summary>
    public double? Confidence { get; init; }

    /// <summary>How it was measured, one phrase.</summary>
    public required string Method { get; init; }

    /// <summary>The frames that it was measured in.</summary>
    public IReadOnlyList<FrameSource> Sources { get; init; } = [];

    /// <summary>Why there is no value; null where there is one.</summary>
    public string? Abstention { get; init; }
}
