namespace EchoApex.Heads.Evaluation;

/// <summary>How well a score ranks cases.</summary>
public static class RocCurve
{
    /// <summary>
    /// Area under the receiver operating characteristic: the chance that a positive case has a higher score than a negative one,
    /// ties counting half (Hanley and McNeil 1982).
    /// </summary>
    /// <param name="scores">A score a case, higher for positive.</param>
    /// <param name="positive">Whether the case is positive.</param>
    /// <returns>0 to 1; NaN where all cases are of one kind, or a score is NaN, which ranks nowhere.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Area(IReadOnlyList<double> scores, IReadOnlyList<bool> positive)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(positive);
        if (scores.Count != positive.Count)
        {
            throw new ArgumentException($"Scores and kinds must be of one length; got {scores.Count} and {positive.Count}.", nameof(positive));
        }

        if (scores.Any(double.IsNaN))
        {
            return double.NaN;
        }

        int[] order = [.. Enumerable.Range(0, scores.Count).OrderBy(i => scores[i])];
        double positives = positive.Count(value => value), negatives = positive.Count - positives, ranks = 0;
        for (int start = 0; start < order.Length;)
        {
            int end = start;
            while (end < order.Length && scores[order[end]] == scores[order[start]])
            {
                end++;
            }

            // Ties share the mean of their ranks, which count from 1.
            double rank = (start + end + 1) / 2.0;
            ranks += rank * order[start..end].Count(i => positive[i]);
            start = end;
        }

        return positives == 0 || negatives == 0 ? double.NaN : (ranks - (positives * (positives + 1) / 2)) / (positives * negatives);
    }
}
