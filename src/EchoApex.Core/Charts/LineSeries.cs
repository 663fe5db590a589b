namespace EchoApex.Core.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Name in the legend; empty for none.</param>
/// <param name="X">Horizontal values, ascending.</param>
/// <param name="Y">As many vertical values; one that is not finite interrupts the line.</param>
public sealed record LineSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Whether the line is dashed, as a line to compare with is.</summary>
    public bool Dashed { get; init; }

    /// <summary>Whether each point has a marker, for lines of a few measurements.</summary>
    public bool Marked { get; init; }

    /// <summary>Whether the line is drawn as it is in a chart that smooths the others.</summary>
    internal bool IsRaw { get; init; }

    /// <summary>
    /// Whether the line changes direction all the time and goes a long way for where it gets to, as measured values do, unlike a
    /// schedule or a running mean.
    /// </summary>
    internal bool IsNoisy
    {
        get
        {
            int turns = 0;
            double way = 0;
            for (int i = 2; i < Y.Count; i++)
            {
                turns += (Y[i] - Y[i - 1]) * (Y[i - 1] - Y[i - 2]) < 0 ? 1 : 0;
                way += double.IsFinite(Y[i] - Y[i - 1]) ? Math.Abs(Y[i] - Y[i - 1]) : 0;
            }

            double[] finite = [.. Y.Where(double.IsFinite)];
            return Y.Count >= 40 && turns > Y.Count / 5 && way > 3 * (finite.Max() - finite.Min());
        }
    }
}
