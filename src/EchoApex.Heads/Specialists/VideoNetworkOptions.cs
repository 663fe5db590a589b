using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Specialists;

/// <summary>The shape of a <see cref="VideoNetwork"/>.</summary>
public sealed record VideoNetworkOptions : IValidatableObject
{
    /// <summary>Channels of each stage, each at half the resolution of the one before; multiples of 16. Ours: a quarter of the paper's 64 to 512.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Widths { get; init; } = [16, 32, 64, 128];

    /// <summary>Residual blocks of each stage; the paper's R(2+1)D-18 has 2 (ours: 1).</summary>
    [Range(1, 16)]
    public int BlocksPerStage { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        SpecialistWidths.Validate(Widths, nameof(Widths));
}
