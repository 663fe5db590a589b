using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.SelfDistillation;

/// <summary>Requires a list of one or more probabilities.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProbabilitiesAttribute : ValidationAttribute
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) =>
        value is IReadOnlyList<double> { Count: > 0 } list && list.All(p => p is >= 0 and <= 1);

    /// <inheritdoc/>
    public override string FormatErrorMessage(string name) => "must be one or more probabilities between 0 and 1";
}
