namespace EchoApex.Core.Evaluation;

/// <summary>What a probe says of N samples: a probability for each of C classes.</summary>
public sealed class ProbePrediction
{
    private readonly double[] _probabilities;
    private readonly int[] _labels;

    /// <summary>Takes over the array; the caller must not change it afterwards.</summary>
    /// <param name="probabilities">[N, C], row by row; each row adds up to 1.</param>
    /// <param name="classCount">C, at least 1.</param>
    public ProbePrediction(double[] probabilities, int classCount)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        if (probabilities.Length % classCount != 0)
        {
            throw new ArgumentException($"{probabilities.Length} probabilities are no whole number of rows of {classCount} classes.", nameof(probabilities));
        }

        (_probabilities, ClassCount) = (probabilities, classCount);
        _labels = new int[probabilities.Length / classCount];
        for (int i = 0; i < _labels.Length; i++)
        {
            var row = Probabilities(i);
            int best = 0;
            for (int c = 1; c < row.Length; c++)
            {
                best = row[c] > row[best] ? c : best;
            }

            _labels[i] = best;
        }
    }

    /// <summary>N, the number of samples.</summary>
    public int Count => _labels.Length;

    /// <summary>C, the number of classes.</summary>
    public int ClassCount { get; }

    /// <summary>The most probable class of each sample; of equal ones the lowest.</summary>
    public IReadOnlyList<int> Labels => _labels;

    /// <summary>The C probabilities of one sample.</summary>
    public ReadOnlySpan<double> Probabilities(int index) => _probabilities.AsSpan(index * ClassCount, ClassCount);

    /// <summary>
    /// One prediction a group from the predictions of its rows, groups in order of first appearance, which is the order
    /// of <see cref="FeatureTable.MeanByGroup"/>.
    /// </summary>
    /// <param name="groups">The clip or patient of each sample.</param>
    /// <param name="vote">Whether each row casts one vote for its class (the probability is then the share of the votes) instead of its probabilities being averaged.</param>
    /// <exception cref="ArgumentException">There are not as many groups as samples.</exception>
    public ProbePrediction ByGroup(IReadOnlyList<string> groups, bool vote = false)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Count != Count)
        {
            throw new ArgumentException($"{Count} predictions need as many group names, got {groups.Count}.", nameof(groups));
        }

        var members = GroupRows.Of(groups);
        double[] probabilities = new double[members.Count * ClassCount];
        for (int g = 0; g < members.Count; g++)
        {
            var target = probabilities.AsSpan(g * ClassCount, ClassCount);
            foreach (int row in members[g].Rows)
            {
                for (int c = 0; c < ClassCount; c++)
                {
                    target[c] += vote ? (_labels[row] == c ? 1 : 0) : Probabilities(row)[c];
                }
            }

            for (int c = 0; c < ClassCount; c++)
            {
                target[c] /= members[g].Rows.Count;
            }
        }

        return new ProbePrediction(probabilities, ClassCount);
    }
}
