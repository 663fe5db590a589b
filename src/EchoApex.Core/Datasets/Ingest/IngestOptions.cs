using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Datasets.Curation;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Imaging.Sectors;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>How <see cref="Ingestion"/> turns a scanner's export into shards.</summary>
public sealed record IngestOptions
{
    /// <summary>How shards are written.</summary>
    public ShardWriteOptions Shards { get; init; } = new();

    /// <summary>What de-identification keeps.</summary>
    public DeidentifyOptions Keep { get; init; } = new();

    /// <summary>Longer side of a stored frame in pixels; larger sectors are shrunk to it.</summary>
    [Range(16, 2048)]
    public int MaximumSide { get; init; } = 256;

    /// <summary>Frames kept of one clip, spread evenly over it after repeated frames are gone.</summary>
    [Range(1, 4096)]
    public int FramesPerClip { get; init; } = 4096;

    /// <summary>Mean absolute change in gray levels, within the sector, below which a frame counts as the repetition of the one before; 0 keeps all but exact ones.</summary>
    [Range(0, 16)]
    public double RepeatThreshold { get; init; } = 0.1;

    /// <summary>Least confidence of the sector: below it a clip goes to the quarantine.</summary>
    [Range(SectorAnalysis.LeastConfidence, 1)]
    public double LeastConfidence { get; init; } = SectorAnalysis.LeastConfidence;

    /// <summary>Classes that are stored. Sweeps and pages have no sector to clean and cannot be asked for.</summary>
    public IReadOnlyList<ClipClass> Classes { get; init; } = [ClipClass.BMode, ClipClass.ColorFlow];

    /// <summary>Whether clips that show what an earlier clip shows are left out.</summary>
    public bool DropDuplicates { get; init; } = true;

    /// <summary>Whether each stored clip is also written as a de-identified DICOM file, <c>dicom/KEY.dcm</c>.</summary>
    public bool WriteDicom { get; init; }

    /// <summary>Share of patients in the part "val".</summary>
    [Range(0, 1)]
    public double ValidationShare { get; init; } = 0.1;

    /// <summary>Share of patients in the part "test".</summary>
    [Range(0, 1)]
    public double TestShare { get; init; } = 0.1;

    /// <summary>Salt of the division into parts.</summary>
    [Required]
    public string SplitSalt { get; init; } = "echoapex";

    /// <summary>Whether files without a patient of their own (videos, pictures) belong to the patient that their folder stands for, not each to one.</summary>
    public bool PatientOfFolder { get; init; }

    /// <summary>Threads that decode and encode; the output does not depend on their number.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = Math.Min(Environment.ProcessorCount, 256);

    /// <summary>Memory in megabytes that a worker may use for the decoded frames of a clip; larger clips are decoded twice.</summary>
    [Range(1, 1 << 16)]
    public int WorkerMegabytes { get; init; } = 256;
}
