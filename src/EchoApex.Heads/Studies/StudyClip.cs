using System.Text.Json.Serialization;
using EchoApex.Core.Imaging;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Heads.Quality;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Studies;

/// <summary>A clip of a study: what it is, which view it shows, how good it is.</summary>
public sealed record StudyClip
{
    /// <summary>Its number in the study, from 1; other parts of a report refer to it.</summary>
    public required int Number { get; init; }

    /// <summary>Its file, relative to the study's folder.</summary>
    public required string Name { get; init; }

    /// <summary>What became of it.</summary>
    public required ClipUse Use { get; init; }

    /// <summary>Why nothing was measured from it, or what was.</summary>
    public required string Reason { get; init; }

    /// <summary>Frames; null for a clip that could not be read.</summary>
    public int? Frames { get; init; }

    /// <summary>Rows of a frame.</summary>
    public int? Height { get; init; }

    /// <summary>Columns of a frame.</summary>
    public int? Width { get; init; }

    /// <summary>Frames a second; null when unknown.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>Heart rate in beats a minute, as the file says it; null when unknown.</summary>
    public double? HeartRateBpm { get; init; }

    /// <summary>Size of a pixel in mm; null when unknown.</summary>
    public PixelSpacing? SpacingMm { get; init; }

    /// <summary>Family and encoding of the file.</summary>
    public string? Format { get; init; }

    /// <summary>The view as one of <see cref="EchoViews.Codes"/> or the model's own label; null where it was not recognised.</summary>
    public string? View { get; init; }

    /// <summary>How sure the model is of it, 0 to 1; null where no model was asked.</summary>
    public double? ViewConfidence { get; init; }

    /// <summary>Where the view comes from: "model", "file", or "none".</summary>
    public string ViewSource { get; init; } = "none";

    /// <summary>The view that the file names; null where it names none.</summary>
    public string? ViewOfFile { get; init; }

    /// <summary>The findings of quality control, the gravest first.</summary>
    public IReadOnlyList<QualityFinding> Quality { get; init; } = [];

    /// <summary>The DICOM object; null for other files.</summary>
    public DicomReference? Dicom { get; init; }

    /// <summary>A frame from the middle of the clip, its sector alone, for people; null where there is none.</summary>
    [JsonIgnore]
    public GrayPicture? Thumbnail { get; init; }

    /// <summary>Whether a finding makes it unusable.</summary>
    [JsonIgnore]
    public bool IsUnusable => Use == ClipUse.Unreadable || Quality.Any(finding => finding.Severity == QualitySeverity.Unusable);
}
