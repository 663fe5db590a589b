using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Measurement;

/// <summary>How left ventricular measurement is learnt and judged. Values are ours.</summary>
public sealed record MeasurementOptions
{
    /// <summary>The head.</summary>
    public MeasurementHeadOptions Head { get; init; } = new();

    /// <summary>The loss.</summary>
    public MeasurementLossOptions Loss { get; init; } = new();

    /// <summary>How training frames are varied.</summary>
    public FrameAugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Views to use, as the set names them; empty uses every clip that has points or lengths.</summary>
    public IReadOnlyList<string> Views { get; init; } = [];

    /// <summary>Frames that go through the encoder at a time in an evaluation.</summary>
    [Range(1, 4096)]
    public int EvaluationBatch { get; init; } = 16;

    /// <summary>Frames in the picture "landmarks", spread over the split.</summary>
    [Range(1, 100)]
    public int PictureFrames { get; init; } = 12;

    /// <summary>Bootstrap samples behind each interval; 0 leaves intervals out.</summary>
    [Range(0, 1_000_000)]
    public int BootstrapDraws { get; init; } = 1000;
}
