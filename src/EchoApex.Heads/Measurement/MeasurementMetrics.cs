using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.Measurement;

/// <summary>The figures of judged lengths, each with its bootstrap interval by patient.</summary>
public static class MeasurementMetrics
{
    private const double CloseMm = 3;

    /// <summary>
    /// "mae_mm" over all lengths; for each length NAME "mae_NAME_mm", "mae_NAME_ed_mm", "mae_NAME_es_mm", "bias_NAME_mm" (predicted minus
    /// true), "within_3mm_NAME" (share of errors of at most 3 mm) and "mae_NAME_px" (pixels of the stored frame, where the points are known).
    /// </summary>
    /// <param name="cases">The lengths.</param>
    /// <param name="names">Names of the lengths, in the order of the figures.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="draws">Bootstrap samples; 0 leaves the intervals out.</param>
    public static IReadOnlyList<TaskMetric> Compute(IReadOnlyList<MeasurementCase> cases, IReadOnlyList<string> names, ulong seed = 0, int draws = 1000)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(names);
        ArgumentOutOfRangeException.ThrowIfNegative(draws);
        TaskMetric Figure(string name, Func<MeasurementCase, bool> counts, Func<MeasurementCase, double> value)
        {
            MeasurementCase[] used = [.. cases.Where(counts)];
            double[] values = [.. used.Select(value)];
            if (used.Length == 0 || draws == 0)
            {
                return new TaskMetric(name, used.Length == 0 ? double.NaN : values.Average(), double.NaN, double.NaN, used.Length);
            }

            var interval = BootstrapInterval.Compute([.. used.Select(item => item.Patient)], rows => rows.Average(row => values[row]), RandomStream.For(seed, "bootstrap " + name), draws);
            return new TaskMetric(name, interval.Estimate, interval.Low, interval.High, used.Length);
        }

        double Absolute(MeasurementCase item) => Math.Abs(item.ErrorMm!.Value);
        var figures = new List<TaskMetric> { Figure("mae_mm", item => item.ErrorMm is not null, Absolute) };
        foreach (string name in names)
        {
            bool Judged(MeasurementCase item) => item.Name == name && item.ErrorMm is not null;
            figures.Add(Figure($"mae_{name}_mm", Judged, Absolute));
            figures.Add(Figure($"mae_{name}_ed_mm", item => Judged(item) && item.Phase == "ed", Absolute));
            figures.Add(Figure($"mae_{name}_es_mm", item => Judged(item) && item.Phase == "es", Absolute));
            figures.Add(Figure($"bias_{name}_mm", Judged, item => item.ErrorMm!.Value));
            figures.Add(Figure($"within_3mm_{name}", Judged, item => Absolute(item) <= CloseMm ? 1 : 0));
            figures.Add(Figure($"mae_{name}_px", item => item.Name == name && item.TruthPixels is not null, item => Math.Abs(item.PredictedPixels - item.TruthPixels!.Value)));
        }

        return figures;
    }
}
