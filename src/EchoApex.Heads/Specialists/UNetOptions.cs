using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Specialists;

/// <summary>The shape of a <see cref="UNet"/>.</summary>
public sealed record UNetOptions : IValidatableObject
{
    /// <summary>
    /// Channels of each level from the finest to the coarsest, each at half the resolution of the one before; multiples of 16.
    /// Ours: a quarter of the paper's 64 to 512, without its fifth level.
    /// </summary>
    [MinLength(2)]
    public IReadOnlyList<int> Widths { get; init; } = [16, 32, 64, 128];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        SpecialistWidths.Validate(Widths, nameof(Widths));
}
