using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.Dinov2;

/// <summary>Which patches of which crops are hidden; the defaults are DINOv2's.</summary>
public sealed record BlockMaskOptions : IValidatableObject
{
    /// <summary>Share of the global crops that get a mask at all.</summary>
    [Range(0.0, 1.0)]
    public double MaskedShare { get; init; } = 0.5;

    /// <summary>Smallest share of a masked crop's patches that is hidden.</summary>
    [Range(0.0, 1.0)]
    public double MinimumRatio { get; init; } = 0.1;

    /// <summary>Largest share of a masked crop's patches that is hidden.</summary>
    [Range(0.0, 1.0)]
    public double MaximumRatio { get; init; } = 0.5;

    /// <summary>Smallest area of a block in patches (the last block of a mask may be smaller).</summary>
    [Range(1.0, 1 << 20)]
    public double MinimumBlock { get; init; } = 4;

    /// <summary>Largest area of a block in patches; null for half the grid.</summary>
    [Range(1.0, 1 << 20)]
    public double? MaximumBlock { get; init; }

    /// <summary>Smallest aspect ratio of a block; the largest is its reciprocal.</summary>
    [Range(0.01, 1)]
    public double MinimumAspect { get; init; } = 0.3;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinimumRatio > MaximumRatio)
        {
            yield return new ValidationResult(FormattableString.Invariant($"{MinimumRatio} is above the largest share {MaximumRatio}"), [nameof(MinimumRatio)]);
        }
    }
}
