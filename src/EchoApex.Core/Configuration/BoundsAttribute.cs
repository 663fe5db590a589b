using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace EchoApex.Core.Configuration;

/// <summary>Requires a <see cref="ValueRange"/> to be ordered and to lie inside given limits.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BoundsAttribute : ValidationAttribute
{
    /// <summary>Creates the rule.</summary>
    /// <param name="minimum">Smallest value of the lower bound.</param>
    /// <param name="maximum">Largest value of the upper bound.</param>
    public BoundsAttribute(double minimum, double maximum) => (Minimum, Maximum) = (minimum, maximum);

    /// <summary>Smallest value of the lower bound.</summary>
    public double Minimum { get; }

    /// <summary>Largest value of the upper bound.</summary>
    public double Maximum { get; }

    /// <inheritdoc/>
    public override bool IsValid(object? value) =>
        value is null || (value is ValueRange range && range.Low <= range.High && range.Low >= Minimum && range.High <= Maximum);

    /// <inheritdoc/>
    public override string FormatErrorMessage(string name) =>
        string.Create(CultureInfo.InvariantCulture, $"must be [low, high] with {Minimum} <= low <= high <= {Maximum}");
}
