using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.Segmentation;

/// <summary>How a <see cref="SegmentationHead"/> is trained and judged.</summary>
public sealed record SegmentationTrainingOptions : IValidatableObject
{
    /// <summary>Share of training prompts that start with one point.</summary>
    [Range(0.0, 1.0)]
    public double PointShare { get; init; } = 0.35;

    /// <summary>Share of training prompts that start with a box; the rest of both are class tokens (ours). Without class tokens the rest are boxes too.</summary>
    [Range(0.0, 1.0)]
    public double BoxShare { get; init; } = 0.35;

    /// <summary>Rounds of correction after the first prompt, each with a point where the mask is wrong and the mask itself; the paper takes 8 to 10 (ours: 2).</summary>
    [Range(0, 16)]
    public int CorrectionRounds { get; init; } = 2;

    /// <summary>Deviation of a box's edges as a share of its side; the paper's value.</summary>
    [Range(0.0, 1.0)]
    public double BoxJitter { get; init; } = 0.1;

    /// <summary>Weight of the focal loss; the paper's value.</summary>
    [Range(0.0, 1000.0)]
    public double FocalWeight { get; init; } = 20;

    /// <summary>Weight of the Dice loss; the paper's value.</summary>
    [Range(0.0, 1000.0)]
    public double DiceWeight { get; init; } = 1;

    /// <summary>Weight of the squared error of the predicted IoU; the paper's value.</summary>
    [Range(0.0, 1000.0)]
    public double IouWeight { get; init; } = 1;

    /// <summary>Weight of the loss of the semantic prior (ours); without effect where the head has none.</summary>
    [Range(0.0, 1000.0)]
    public double SemanticWeight { get; init; } = 3;

    /// <summary>Weight of pixels inside in the focal loss, those outside have the rest; RetinaNet's value.</summary>
    [Range(0.0, 1.0)]
    public double FocalAlpha { get; init; } = 0.25;

    /// <summary>Pixels of the input that a structure must have to be a training sample (ours).</summary>
    [Range(1, 1_000_000)]
    public int MinimumPixels { get; init; } = 16;

    /// <summary>Frames with a mask that are judged of each clip, evenly spread; 0 takes all.</summary>
    [Range(0, 100_000)]
    public int EvaluationFrames { get; init; } = 2;

    /// <summary>Draws of the bootstrap.</summary>
    [Range(10, 100_000)]
    public int BootstrapDraws { get; init; } = 1000;

    /// <summary>Seed of the bootstrap.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How training frames are varied.</summary>
    public FrameAugmentationOptions Augmentation { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PointShare + BoxShare > 1)
        {
            yield return new ValidationResult($"point_share and box_share are {PointShare} and {BoxShare}; together they must not be above 1", [nameof(PointShare)]);
        }
    }
}
