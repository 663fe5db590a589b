using EchoApex.Heads.EjectionFraction;

namespace EchoApex.Heads.Studies;

/// <summary>What was read from the clips of a study, before it is put together.</summary>
internal sealed class StudyReadings
{
    public required IReadOnlyList<ExaminedClip> Clips { get; init; }

    public required IReadOnlyList<ClipChoice> Choices { get; init; }

    public ApicalReading? FourChamber { get; set; }

    public ApicalReading? TwoChamber { get; set; }

    public EjectionFractionPrediction? Regression { get; set; }

    public LongAxisReading? LongAxis { get; set; }

    public IReadOnlyList<StudyExplanation> Explanations { get; set; } = [];

    /// <summary>Why a chosen clip was given up, by number.</summary>
    public Dictionary<int, string> Failures { get; } = [];

    /// <summary>The choice of a purpose.</summary>
    public ClipChoice ChoiceOf(string purpose) => Choices.Single(choice => choice.Purpose == purpose);

    /// <summary>The clip of a purpose; null where none serves.</summary>
    public ExaminedClip? Chosen(string purpose) => ChoiceOf(purpose).Clip is { } number ? Clips[number - 1] : null;

    /// <summary>Why a purpose has no reading; null where nothing stands against it.</summary>
    public string? Obstacle(string purpose) =>
        ChoiceOf(purpose).Clip is not { } number ? ChoiceOf(purpose).Reason
        : Failures.TryGetValue(number, out string? failure) ? $"Clip {number} was given up: {failure}"
        : null;

    /// <summary>Whether the clips are of more than one patient or examination.</summary>
    public bool IsMixed =>
        Clips.Select(clip => clip.Facts.Dicom?.PatientHash).OfType<string>().Distinct().Count() > 1
        || Clips.Select(clip => clip.Facts.Dicom?.StudyUid).OfType<string>().Distinct().Count() > 1;
}
