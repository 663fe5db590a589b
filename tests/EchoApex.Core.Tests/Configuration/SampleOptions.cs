using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Configuration;

namespace EchoApex.Core.Tests.Configuration;

internal enum SampleRule
{
    Linear256,
    SquareRoot,
}

internal sealed record SampleOptions : IValidatableObject
{
    public ulong Seed { get; init; }

    public string? Weights { get; init; }

    public string Name { get; init; } = "run";

    public SampleRule Rule { get; init; }

    public IReadOnlyList<string> Paths { get; init; } = [];

    public SampleSection Global { get; init; } = new() { Size = 224 };

    public SampleSection Local { get; init; } = new() { Size = 96 };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Local.Size > Global.Size)
        {
            yield return new ValidationResult("is larger than the global size", [nameof(Local)]);
        }
    }
}

internal sealed record SampleSection
{
    [System.ComponentModel.DataAnnotations.Range(8, 1024)]
    public int Size { get; init; } = 8;

    [System.ComponentModel.DataAnnotations.Range(0.0, 1.0)]
    public double Probability { get; init; }

    public bool Flip { get; init; }

    [Bounds(0, 1)]
    public ValueRange Area { get; init; } = new(0.4, 1);
}
