using System.ComponentModel.DataAnnotations;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;
using EchoApex.Training.FineTuning;

namespace EchoApex.Cli.FineTuning;

/// <summary>All that <c>echoapex finetune</c> can be told, as its YAML file has it.</summary>
internal sealed record FineTuneConfiguration
{
    /// <summary>Side of the square input in pixels; null takes the encoder's own.</summary>
    [Range(8, 4096)]
    public int? InputSize { get; init; }

    /// <summary>Megabytes of prepared frames that are kept in memory.</summary>
    [Range(0, 1_000_000)]
    public int CacheMegabytes { get; init; } = 2048;

    /// <summary>Threads of libtorch; null leaves its own choice.</summary>
    [Range(1, 1024)]
    public int? Threads { get; init; }

    /// <summary>The loop.</summary>
    public FineTuningOptions Training { get; init; } = new();

    /// <summary>The task "view".</summary>
    public ViewClassificationOptions View { get; init; } = new();

    /// <summary>The task "segment".</summary>
    public SegmentationTaskOptions Segment { get; init; } = new();

    /// <summary>The task "measure".</summary>
    public MeasurementOptions Measure { get; init; } = new();

    /// <summary>The task "ef".</summary>
    public EjectionFractionOptions Ef { get; init; } = new();
}
