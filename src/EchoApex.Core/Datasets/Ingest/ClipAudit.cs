using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Sectors;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>
/// What was found in a file, what was removed, and what was decided: <c>audit/KK/KEY.json</c>. It holds pseudonyms only; equal
/// input, options and key give equal bytes.
/// </summary>
public sealed record ClipAudit
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The clip's key, from a keyed hash of its place in the input.</summary>
    public required string Key { get; init; }

    /// <summary>Tells the file's content from another's under the same name: a keyed hash of its length, start and end; null when it could not be read.</summary>
    public string? Content { get; init; }

    /// <summary>What became of it.</summary>
    public required IngestDecision Decision { get; init; }

    /// <summary>Why, in a few words that are the same for all such clips; null when stored.</summary>
    public string? Reason { get; init; }

    /// <summary>What it shows; null when it could not be read.</summary>
    public ClipClass? Class { get; init; }

    /// <summary>"DICOM", "AVI" and the like; null when it could not be read.</summary>
    public string? Format { get; init; }

    /// <summary>Version of the software that decided.</summary>
    public string? Software { get; init; }

    /// <summary>The patient's pseudonym.</summary>
    public string? Patient { get; init; }

    /// <summary>The study's pseudonym.</summary>
    public string? Study { get; init; }

    /// <summary>The study's date, moved by the patient's number of days.</summary>
    public DateOnly? StudyDate { get; init; }

    /// <summary>Age in years, at most 90.</summary>
    public int? AgeYears { get; init; }

    /// <summary>Sex, where it is kept.</summary>
    public string? Sex { get; init; }

    /// <summary>Maker and model of the scanner, where they are kept.</summary>
    public string? Scanner { get; init; }

    /// <summary>View, where the file carries a coded one.</summary>
    public string? View { get; init; }

    /// <summary>Whether the file said that text is burned in; it is not believed.</summary>
    public bool? BurnedInAnnotation { get; init; }

    /// <summary>DICOM elements that were found, and what was done with each.</summary>
    public IReadOnlyList<TagFinding>? Tags { get; init; }

    /// <summary>Width and height of the file's frames.</summary>
    public IReadOnlyList<int>? SourceSize { get; init; }

    /// <summary>Frames in the file.</summary>
    public int SourceFrames { get; init; }

    /// <summary>The form of the image in the file's frames; what lies outside was blanked.</summary>
    public SectorShape? Sector { get; init; }

    /// <summary>Rectangle that was cut out: left, top, width, height.</summary>
    public IReadOnlyList<int>? Crop { get; init; }

    /// <summary>Confidence of the sector, 0..1.</summary>
    public double? Confidence { get; init; }

    /// <summary>The measures behind it.</summary>
    public SectorEvidence? Evidence { get; init; }

    /// <summary>What lowered it.</summary>
    public IReadOnlyList<string>? Doubts { get; init; }

    /// <summary>Frames stored.</summary>
    public int Frames { get; init; }

    /// <summary>Frames left out because they repeat the one before.</summary>
    public int RepeatedFrames { get; init; }

    /// <summary>Width and height of the stored frames.</summary>
    public IReadOnlyList<int>? Size { get; init; }

    /// <summary>Spacing of the stored pixels.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>Median time between stored frames in ms.</summary>
    public double? FrameTimeMs { get; init; }

    /// <summary>Heart rate of the file.</summary>
    public double? HeartRateBpm { get; init; }

    /// <summary>Quality.</summary>
    public ClipScore? Quality { get; init; }

    /// <summary>Part of the set: train, val or test.</summary>
    public string? Split { get; init; }

    /// <summary>The stored clip that shows the same, for a duplicate.</summary>
    public string? DuplicateOf { get; init; }

    /// <summary>Hashes by which later clips are compared with this one.</summary>
    public IReadOnlyList<string>? Signature { get; init; }

    /// <summary>The audit as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote; null when it is something else, or cut short.</summary>
    public static ClipAudit? TryParse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<ClipAudit>(json, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
