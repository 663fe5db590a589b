namespace EchoApex.Heads.ViewClassification;

/// <summary>How far confidence and accuracy are apart.</summary>
public static class CalibrationError
{
    /// <summary>
    /// Expected calibration error: answers are sorted into bins by confidence; the gap between mean confidence and accuracy of
    /// each counts by its size (Guo et al. 2017, section 2).
    /// </summary>
    /// <param name="confidences">How sure each answer is, 0 to 1.</param>
    /// <param name="right">Whether it is right.</param>
    /// <param name="bins">Bins of equal width.</param>
    /// <returns>0 to 1; NaN without answers.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a confidence is out of range.</exception>
    public static double Expected(IReadOnlyList<double> confidences, IReadOnlyList<bool> right, int bins = 15)
    {
        ArgumentNullException.ThrowIfNull(confidences);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        if (confidences.Count != right.Count || confidences.Any(value => !(value >= 0 && value <= 1 + 1e-9)))
        {
            throw new ArgumentException("Confidences lie between 0 and 1, one an answer.", nameof(confidences));
        }

        return confidences.Count == 0
            ? double.NaN
            : Enumerable.Range(0, confidences.Count)
                .GroupBy(i => Math.Min((int)(confidences[i] * bins), bins - 1))
                .Sum(bin => Math.Abs(bin.Average(i => confidences[i]) - bin.Average(i => right[i] ? 1.0 : 0.0)) * bin.Count()) / confidences.Count;
    }
}
