namespace EchoApex.Core.Deidentification;

/// <summary>What is left of a DICOM file's identification: nothing that the file held, but for what was asked to be kept.</summary>
public sealed record DeidentifiedHeader
{
    /// <summary>The patient's pseudonym.</summary>
    public required string Patient { get; init; }

    /// <summary>Study instance UID in place of the file's.</summary>
    public required string StudyUid { get; init; }

    /// <summary>Series instance UID in place of the file's.</summary>
    public required string SeriesUid { get; init; }

    /// <summary>SOP instance UID in place of the file's.</summary>
    public required string InstanceUid { get; init; }

    /// <summary>Date of the study, moved by the patient's number of days; null when the file has none.</summary>
    public DateOnly? StudyDate { get; init; }

    /// <summary>Age in years, at most 90; null when unknown or not kept.</summary>
    public int? AgeYears { get; init; }

    /// <summary>"M", "F" or "O"; null when unknown or not kept.</summary>
    public string? Sex { get; init; }

    /// <summary>Manufacturer; null when unknown or not kept.</summary>
    public string? Manufacturer { get; init; }

    /// <summary>Model; null when unknown or not kept.</summary>
    public string? Model { get; init; }

    /// <summary>Whether the file says that text is burned into its pixels; null when it says nothing, which means nothing.</summary>
    public bool? BurnedInAnnotation { get; init; }

    /// <summary>Every element that was found, in the order of its tag, with what was done.</summary>
    public IReadOnlyList<TagFinding> Findings { get; init; } = [];
}
