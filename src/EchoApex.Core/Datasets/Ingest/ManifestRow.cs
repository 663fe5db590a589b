namespace EchoApex.Core.Datasets.Ingest;

/// <summary>A row of the manifest: what training needs to know of a stored clip.</summary>
public sealed record ManifestRow
{
    /// <summary>The columns' names, in order.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "clip", "patient", "study", "split", "class", "frames", "width", "height", "spacing_x_mm", "spacing_y_mm", "frame_time_ms",
        "heart_rate_bpm", "quality", "contrast", "coverage", "motion", "confidence", "view", "scanner", "age_years", "sex", "study_date",
    ];

    /// <summary>The clip's key in the shards.</summary>
    public required string Clip { get; init; }

    /// <summary>The patient's pseudonym.</summary>
    public required string Patient { get; init; }

    /// <summary>One value a column: text, numbers, a date, or null where unknown.</summary>
    public required IReadOnlyList<object?> Fields { get; init; }

    /// <summary>The row of a stored clip.</summary>
    public static ManifestRow Of(ClipAudit audit)
    {
        ArgumentNullException.ThrowIfNull(audit);
        return new ManifestRow
        {
            Clip = audit.Key,
            Patient = audit.Patient!,
            Fields =
            [
                audit.Key, audit.Patient, audit.Study, audit.Split, audit.Class?.ToString(), audit.Frames, audit.Size?[0], audit.Size?[1],
                audit.Spacing?.XMm, audit.Spacing?.YMm, audit.FrameTimeMs, audit.HeartRateBpm, audit.Quality?.Score, audit.Quality?.Contrast,
                audit.Quality?.Coverage, audit.Quality?.Motion, audit.Confidence, audit.View, audit.Scanner, audit.AgeYears, audit.Sex, audit.StudyDate,
            ],
        };
    }
}
