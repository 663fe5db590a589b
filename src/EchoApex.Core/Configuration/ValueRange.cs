using System.Globalization;

namespace EchoApex.Core.Configuration;

/// <summary>Two bounds between which a value is drawn; written in YAML as a list of two numbers, <c>[0.4, 1.0]</c>.</summary>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound, not below <paramref name="Low"/>.</param>
public readonly record struct ValueRange(double Low, double High)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Low:R}, {High:R}]");
}
