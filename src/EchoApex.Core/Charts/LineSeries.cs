namespace EchoApex.Core.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Name in the legend; empty for none.</param>
/// <param name="X">Horizontal values, ascending.</param>
/// <param name="Y">As many vertical values; one that is not finite interrupts the line.</param>
public sealed record LineSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y);
