using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>How ejection fraction is learnt and judged. Values are ours.</summary>
public sealed record EjectionFractionOptions
{
    /// <summary>The head.</summary>
    public EjectionFractionHeadOptions Head { get; init; } = new();

    /// <summary>The loss.</summary>
    public EjectionFractionLossOptions Loss { get; init; } = new();

    /// <summary>Which frames of a clip are seen.</summary>
    public FrameWindowOptions Windows { get; init; } = new();

    /// <summary>How training clips are varied: one draw for all frames of a clip.</summary>
    public FrameAugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Views to use, as the set names them; empty uses every clip that has an ejection fraction.</summary>
    public IReadOnlyList<string> Views { get; init; } = [];

    /// <summary>
    /// Time in ms around a labelled end diastole or systole within which the predicted frame is looked for when it is judged: clips of
    /// several beats have one labelled. Ours.
    /// </summary>
    [Range(1.0, 100_000)]
    public double PhaseSearchMs { get; init; } = 400;

    /// <summary>Frames that go through the encoder at a time in an evaluation.</summary>
    [Range(1, 4096)]
    public int EvaluationBatch { get; init; } = 32;

    /// <summary>Bootstrap samples behind each interval; 0 leaves intervals out.</summary>
    [Range(0, 1_000_000)]
    public int BootstrapDraws { get; init; } = 1000;
}
