namespace EchoApex.Heads.ViewClassification;

/// <summary>Makes one answer of the frames of a clip.</summary>
public static class ViewAggregator
{
    /// <summary>The view of a clip.</summary>
    /// <param name="probabilities">Probabilities of each frame, in the order of the labels.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="aggregation">How frames are joined.</param>
    /// <param name="abstainBelow">Answers less sure than this have no label.</param>
    /// <exception cref="ArgumentException">There is no frame, or a frame has not one number a label.</exception>
    public static ViewPrediction Combine(IReadOnlyList<IReadOnlyList<double>> probabilities, IReadOnlyList<string> labels, ClipAggregation aggregation, double abstainBelow = 0)
    {
        ArgumentNullException.ThrowIfNull(probabilities);
        ArgumentNullException.ThrowIfNull(labels);
        if (probabilities.Count == 0 || probabilities.Any(frame => frame.Count != labels.Count))
        {
            throw new ArgumentException($"A clip needs at least one frame with {labels.Count} probabilities.", nameof(probabilities));
        }

        double[] mean = [.. Enumerable.Range(0, labels.Count).Select(c => probabilities.Average(frame => frame[c]))];
        double[] joined = aggregation switch
        {
            ClipAggregation.Mean => mean,
            ClipAggregation.Vote => Votes(probabilities, labels.Count),
            ClipAggregation.MostConfident => [.. probabilities.MaxBy(frame => frame.Max())!],
            _ => throw new ArgumentOutOfRangeException(nameof(aggregation), aggregation, "Unknown aggregation."),
        };

        // Equal shares are told apart by the mean: it is less than any difference of votes.
        int best = Enumerable.Range(0, labels.Count).MaxBy(c => (joined[c], mean[c]));
        return new ViewPrediction(labels[best], joined[best], joined[best] < abstainBelow, joined);
    }

    private static double[] Votes(IReadOnlyList<IReadOnlyList<double>> probabilities, int classes)
    {
        double[] votes = new double[classes];
        foreach (var frame in probabilities)
        {
            votes[Enumerable.Range(0, classes).MaxBy(c => frame[c])] += 1.0 / probabilities.Count;
        }

        return votes;
    }
}
