using EchoApex.Core.Charts;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>The figures of judged clips, each with its bootstrap interval by patient.</summary>
public static class EjectionFractionMetrics
{
    /// <summary>
    /// "mae_percent", "rmse_percent", "r2", "auc_below_50", "auc_below_40" (from the predicted ejection fraction),
    /// "class_auc_below_50", "class_auc_below_40" (from the class probabilities), "bias_percent" and
    /// "limits_of_agreement_half_width_percent" (Bland-Altman), "coverage_95" (share of truths inside their predicted 95 % interval),
    /// "ed_error_frames", "es_error_frames", "ed_error_ms", "es_error_ms" (mean absolute errors). Clips of which a network does not say something are left out of that figure.
    /// </summary>
    /// <param name="cases">The clips.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="draws">Bootstrap samples; 0 leaves the intervals out.</param>
    public static IReadOnlyList<TaskMetric> Compute(IReadOnlyList<EjectionFractionCase> cases, ulong seed = 0, int draws = 1000)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentOutOfRangeException.ThrowIfNegative(draws);
        TaskMetric Figure(string name, Func<IReadOnlyList<EjectionFractionCase>, double> statistic, Func<EjectionFractionCase, bool>? counts = null)
        {
            EjectionFractionCase[] used = counts is null ? [.. cases] : [.. cases.Where(counts)];
            if (used.Length == 0 || draws == 0)
            {
                return new TaskMetric(name, used.Length == 0 ? double.NaN : statistic(used), double.NaN, double.NaN, used.Length);
            }

            var interval = BootstrapInterval.Compute([.. used.Select(item => item.Patient)], rows => statistic([.. rows.Select(row => used[row])]), RandomStream.For(seed, "bootstrap " + name), draws);
            return new TaskMetric(name, interval.Estimate, interval.Low, interval.High, used.Length);
        }

        return
        [
            Figure("mae_percent", items => items.Average(item => Math.Abs(Error(item)))),
            Figure("rmse_percent", items => Math.Sqrt(items.Average(item => Error(item) * Error(item)))),
            Figure("r2", R2),
            Figure("auc_below_50", items => Area(items, 50, item => -item.Predicted)),
            Figure("auc_below_40", items => Area(items, 40, item => -item.Predicted)),
            Figure("class_auc_below_50", items => Area(items, 50, item => item.Below50!.Value), item => item.Below50 is not null),
            Figure("class_auc_below_40", items => Area(items, 40, item => item.Below40!.Value), item => item.Below40 is not null),
            Figure("bias_percent", items => items.Average(Error)),
            Figure("limits_of_agreement_half_width_percent", items => Chart(items).HalfWidth),
            Figure("coverage_95", items => items.Average(item => Math.Abs(Error(item)) <= item.HalfWidth95!.Value ? 1.0 : 0), item => item.HalfWidth95 is not null),
            Figure("ed_error_frames", items => items.Average(item => Math.Abs(item.EndDiastoleErrorFrames!.Value)), item => item.EndDiastoleErrorFrames is not null),
            Figure("es_error_frames", items => items.Average(item => Math.Abs(item.EndSystoleErrorFrames!.Value)), item => item.EndSystoleErrorFrames is not null),
            Figure("ed_error_ms", items => items.Average(item => Math.Abs(item.EndDiastoleErrorMs!.Value)), item => item.EndDiastoleErrorMs is not null),
            Figure("es_error_ms", items => items.Average(item => Math.Abs(item.EndSystoleErrorMs!.Value)), item => item.EndSystoleErrorMs is not null),
        ];
    }

    /// <summary>The clips' Bland-Altman chart.</summary>
    public static BlandAltmanChart Chart(IReadOnlyList<EjectionFractionCase> cases)
    {
        ArgumentNullException.ThrowIfNull(cases);
        return new BlandAltmanChart
        {
            Title = "Ejection fraction: prediction against reference",
            Quantity = "ejection fraction (%)",
            Truth = [.. cases.Select(item => item.Truth)],
            Measured = [.. cases.Select(item => item.Predicted)],
        };
    }

    private static double Error(EjectionFractionCase item) => item.Predicted - item.Truth;

    // Share of the truth's variance that is explained; NaN where the truth does not vary.
    private static double R2(IReadOnlyList<EjectionFractionCase> items)
    {
        double mean = items.Average(item => item.Truth);
        double total = items.Sum(item => (item.Truth - mean) * (item.Truth - mean));
        return total == 0 ? double.NaN : 1 - (items.Sum(item => Error(item) * Error(item)) / total);
    }

    private static double Area(IReadOnlyList<EjectionFractionCase> items, double threshold, Func<EjectionFractionCase, double> score) =>
        RocCurve.Area([.. items.Select(score)], [.. items.Select(item => item.Truth < threshold)]);
}
