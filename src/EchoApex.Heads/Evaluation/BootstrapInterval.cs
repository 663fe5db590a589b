using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;
using MathNet.Numerics.Statistics;

namespace EchoApex.Heads.Evaluation;

/// <summary>An estimate with its percentile bootstrap interval; whole groups (clips, patients) are drawn, never single frames.</summary>
/// <param name="Estimate">The statistic over all samples.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="Level">Share of the bootstrap distribution inside the interval, for example 0.95.</param>
public sealed record BootstrapInterval(double Estimate, double Low, double High, double Level)
{
    /// <summary>Draws groups with replacement and takes percentiles of the statistic. Source: Efron and Tibshirani (1993), chapter 13.</summary>
    /// <param name="groups">The group of each sample.</param>
    /// <param name="statistic">Computes the statistic from sample indices, which repeat in a draw; a NaN result is left out.</param>
    /// <param name="random">The stream that draws.</param>
    /// <param name="draws">Number of bootstrap samples B.</param>
    /// <param name="level">Share of the distribution inside the interval.</param>
    /// <exception cref="ArgumentException">There is no sample.</exception>
    public static BootstrapInterval Compute(IReadOnlyList<string> groups, Func<IReadOnlyList<int>, double> statistic, RandomStream random, int draws = 1000, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(statistic);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(draws);
        if (!(level > 0 && level < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "The level must be between 0 and 1.");
        }

        if (groups.Count == 0)
        {
            throw new ArgumentException("There is no sample to draw from.", nameof(groups));
        }

        var members = GroupRows.Of(groups);
        double estimate = statistic([.. Enumerable.Range(0, groups.Count)]);
        var values = new List<double>(draws);
        var sample = new List<int>(groups.Count);
        for (int draw = 0; draw < draws; draw++)
        {
            sample.Clear();
            for (int g = 0; g < members.Count; g++)
            {
                sample.AddRange(members[random.NextInt32(members.Count)].Rows);
            }

            double value = statistic(sample);
            if (!double.IsNaN(value))
            {
                values.Add(value);
            }
        }

        double tail = (1 - level) / 2;
        return new BootstrapInterval(
            estimate,
            values.QuantileCustom(tail, QuantileDefinition.R7),
            values.QuantileCustom(1 - tail, QuantileDefinition.R7),
            level);
    }

    /// <summary>The interval of an accuracy.</summary>
    /// <param name="predicted">N predicted labels.</param>
    /// <param name="truth">N true labels.</param>
    /// <param name="groups">The clip or patient of each of the N samples.</param>
    /// <param name="random">The stream that draws.</param>
    /// <param name="draws">Number of bootstrap samples.</param>
    /// <param name="level">Share of the distribution inside the interval.</param>
    public static BootstrapInterval OfAccuracy(IReadOnlyList<int> predicted, IReadOnlyList<int> truth, IReadOnlyList<string> groups, RandomStream random, int draws = 1000, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(predicted);
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(groups);
        if (predicted.Count != truth.Count || groups.Count != truth.Count)
        {
            throw new ArgumentException($"Predictions, true labels and groups must be of one length; got {predicted.Count}, {truth.Count} and {groups.Count}.", nameof(predicted));
        }

        return Compute(groups, rows => rows.Count(row => predicted[row] == truth[row]) / (double)rows.Count, random, draws, level);
    }
}
