namespace EchoApex.Core.Charts;

/// <summary>One bar in each category.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Values">Height of each bar; one that is not finite is left out.</param>
/// <param name="Low">Lower end of each error bar; null for none.</param>
/// <param name="High">Upper end of each error bar; null for none.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double> Values, IReadOnlyList<double>? Low = null, IReadOnlyList<double>? High = null);
