using EchoApex.Core.Runtime;

namespace EchoApex.Core.Evaluation;

/// <summary>
/// Features of labelled samples: N rows of D numbers, an integer label a row, and the group (clip or patient) that each
/// row belongs to. Rows of one group are never independent: splits and bootstrap intervals go by group. Immutable.
/// </summary>
public sealed class FeatureTable
{
    private readonly float[] _values;
    private readonly int[] _labels;
    private readonly string[] _groups;

    /// <summary>Takes over arrays; the caller must not change them afterwards.</summary>
    /// <param name="values">Features [N, D], row by row; all finite.</param>
    /// <param name="dimension">D, at least 1.</param>
    /// <param name="labels">N labels in [0, number of label names).</param>
    /// <param name="labelNames">The name of each label.</param>
    /// <param name="groups">The clip or patient of each row; null makes each row its own group.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other, a label is out of range, or a feature is not finite.</exception>
    public FeatureTable(float[] values, int dimension, int[] labels, IReadOnlyList<string> labelNames, IReadOnlyList<string>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(labelNames);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (values.LongLength != (long)labels.Length * dimension)
        {
            throw new ArgumentException($"{labels.Length} rows of {dimension} features need {(long)labels.Length * dimension} values, got {values.Length}.", nameof(values));
        }

        if (groups is not null && groups.Count != labels.Length)
        {
            throw new ArgumentException($"{labels.Length} rows need as many group names, got {groups.Count}.", nameof(groups));
        }

        int wrong = Array.FindIndex(labels, label => label < 0 || label >= labelNames.Count);
        if (wrong >= 0)
        {
            throw new ArgumentException($"Row {wrong} has label {labels[wrong]}, but there are {labelNames.Count} label names.", nameof(labels));
        }

        int broken = Array.FindIndex(values, value => !float.IsFinite(value));
        if (broken >= 0)
        {
            throw new ArgumentException($"Row {broken / dimension} has the feature {values[broken]} at column {broken % dimension}; features must be finite.", nameof(values));
        }

        (_values, _labels, Dimension, LabelNames) = (values, labels, dimension, [.. labelNames]);
        _groups = groups is null ? [.. Enumerable.Range(0, labels.Length).Select(row => row.ToString(System.Globalization.CultureInfo.InvariantCulture))] : [.. groups];
    }

    /// <summary>N, the number of rows.</summary>
    public int Count => _labels.Length;

    /// <summary>D, the length of a row.</summary>
    public int Dimension { get; }

    /// <summary>The name of each label.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>The label of each row.</summary>
    public IReadOnlyList<int> Labels => _labels;

    /// <summary>The clip or patient of each row.</summary>
    public IReadOnlyList<string> Groups => _groups;

    /// <summary>All features [N, D], row by row.</summary>
    public ReadOnlyMemory<float> Values => _values;

    /// <summary>One row, D features.</summary>
    public ReadOnlySpan<float> Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return _values.AsSpan(index * Dimension, Dimension);
    }

    /// <summary>Some rows as a new table, in the order given; a row may be taken more than once.</summary>
    public FeatureTable Subset(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        float[] values = new float[rows.Count * Dimension];
        int[] labels = new int[rows.Count];
        string[] groups = new string[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            Row(rows[i]).CopyTo(values.AsSpan(i * Dimension));
            labels[i] = _labels[rows[i]];
            groups[i] = _groups[rows[i]];
        }

        return new FeatureTable(values, Dimension, labels, LabelNames, groups);
    }

    /// <summary>This table's rows followed by another's, which must have the same dimension and label names.</summary>
    /// <exception cref="ArgumentException">Dimension or label names differ.</exception>
    public FeatureTable Append(FeatureTable other)
    {
        RequireSameSpace(other);
        return new FeatureTable([.. _values, .. other._values], Dimension, [.. _labels, .. other._labels], LabelNames, [.. _groups, .. other._groups]);
    }

    /// <summary>
    /// Splits by group, so that no clip or patient is on both sides. Groups are drawn label by label (a group counts for
    /// the label of its first row), so that both sides see every label that has at least two groups.
    /// </summary>
    /// <param name="fraction">Share of the groups of each label that go to the second table, in (0, 1).</param>
    /// <param name="random">The stream that decides.</param>
    /// <returns>The larger part and the held-out part; rows keep their order.</returns>
    public (FeatureTable Kept, FeatureTable HeldOut) SplitByGroup(double fraction, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (!(fraction > 0 && fraction < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The held-out share must be between 0 and 1.");
        }

        var heldOut = new HashSet<string>(StringComparer.Ordinal);
        var firstRows = Enumerable.Range(0, Count).DistinctBy(row => _groups[row], StringComparer.Ordinal);
        foreach (var label in firstRows.GroupBy(row => _labels[row]).OrderBy(rows => rows.Key))
        {
            string[] groups = [.. label.Select(row => _groups[row])];
            int[] order = random.Permutation(groups.Length);
            int count = groups.Length == 1 ? 0 : Math.Clamp((int)Math.Round(fraction * groups.Length), 1, groups.Length - 1);
            heldOut.UnionWith(order.Take(count).Select(i => groups[i]));
        }

        return (Subset([.. Enumerable.Range(0, Count).Where(row => !heldOut.Contains(_groups[row]))]),
            Subset([.. Enumerable.Range(0, Count).Where(row => heldOut.Contains(_groups[row]))]));
    }

    /// <summary>
    /// One row a group: the mean of its rows' features, with the label that most of its rows have (ties: the lowest
    /// label). Groups stand in order of first appearance.
    /// </summary>
    public FeatureTable MeanByGroup()
    {
        var groups = GroupRows.Of(_groups);
        float[] values = new float[groups.Count * Dimension];
        int[] labels = new int[groups.Count];
        double[] sum = new double[Dimension];
        for (int g = 0; g < groups.Count; g++)
        {
            Array.Clear(sum);
            int[] votes = new int[LabelNames.Count];
            foreach (int row in groups[g].Rows)
            {
                var features = Row(row);
                for (int d = 0; d < Dimension; d++)
                {
                    sum[d] += features[d];
                }

                votes[_labels[row]]++;
            }

            for (int d = 0; d < Dimension; d++)
            {
                values[(g * Dimension) + d] = (float)(sum[d] / groups[g].Rows.Count);
            }

            labels[g] = Array.IndexOf(votes, votes.Max());
        }

        return new FeatureTable(values, Dimension, labels, LabelNames, [.. groups.Select(group => group.Name)]);
    }

    internal void RequireSameSpace(FeatureTable other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Dimension != Dimension || !other.LabelNames.SequenceEqual(LabelNames))
        {
            throw new ArgumentException($"The tables do not belong together: {Dimension} features and labels [{string.Join(", ", LabelNames)}] against {other.Dimension} features and labels [{string.Join(", ", other.LabelNames)}].", nameof(other));
        }
    }
}
