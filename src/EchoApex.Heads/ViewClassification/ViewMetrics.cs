using System.Globalization;
using EchoApex.Core.Charts;
using EchoApex.Core.Datasets;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.ViewClassification;

/// <summary>
/// Figures of view classification: balanced accuracy first, accuracy, recall of each view, calibration error; where answers may
/// abstain, the share that was answered and the accuracy of those. An abstention counts by its likeliest view everywhere else, so
/// figures with and without a threshold can be compared.
/// </summary>
public static class ViewMetrics
{
    /// <summary>Computes the figures, with 95 % bootstrap intervals by patient.</summary>
    /// <param name="judged">The answers; at least one.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="skipped">Clips that could not be judged.</param>
    /// <param name="seed">Seed of the intervals.</param>
    public static TaskEvaluation Evaluate(IReadOnlyList<JudgedView> judged, IReadOnlyList<string> labels, IReadOnlyList<SkippedClip>? skipped = null, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(judged);
        ArgumentNullException.ThrowIfNull(labels);
        var places = labels.Select((label, i) => (label, i)).ToDictionary(entry => entry.label, entry => entry.i, StringComparer.Ordinal);
        int[] truth = [.. judged.Select(entry => places[entry.Truth])];
        int[] said = [.. judged.Select(entry => places[entry.Answer.Likeliest])];
        string[] patients = [.. judged.Select(entry => entry.Patient)];
        var score = new ClassificationScore(said, truth, labels);
        TaskMetric Figure(string name, Func<IReadOnlyList<int>, double> statistic, int cases)
        {
            var interval = BootstrapInterval.Compute(patients, statistic, RandomStream.For(seed, $"view-{name}"));
            return new TaskMetric(name, interval.Estimate, interval.Low, interval.High, cases);
        }

        var metrics = new List<TaskMetric>
        {
            Figure("balanced_accuracy", rows => BalancedAccuracy(rows, said, truth, labels.Count), judged.Count),
            Figure("accuracy", rows => rows.Count(row => said[row] == truth[row]) / (double)rows.Count, judged.Count),
            Figure("calibration_error", rows => CalibrationError.Expected([.. rows.Select(row => judged[row].Answer.Confidence)], [.. rows.Select(row => said[row] == truth[row])]), judged.Count),
        };
        for (int c = 0; c < labels.Count; c++)
        {
            int label = c;
            int cases = truth.Count(value => value == label);
            if (cases > 0)
            {
                metrics.Add(Figure($"recall_{labels[c]}", rows => Recall(rows, said, truth, label), cases));
            }
        }

        if (judged.Any(entry => entry.Answer.Abstains))
        {
            bool[] answered = [.. judged.Select(entry => !entry.Answer.Abstains)];
            metrics.Add(Figure("answered", rows => rows.Count(row => answered[row]) / (double)rows.Count, judged.Count));
            metrics.Add(Figure("accuracy_answered", rows => Share(rows.Where(row => answered[row]), row => said[row] == truth[row]), answered.Count(value => value)));
        }

        return new TaskEvaluation
        {
            Metrics = metrics,
            Selection = score.BalancedAccuracy,
            CaseColumns = ["clip", "patient", "view", "predicted", "confidence", "answered"],
            Cases = [.. judged.Select((entry, i) => (IReadOnlyList<string>)[entry.Clip, entry.Patient, entry.Truth, labels[said[i]], entry.Answer.Confidence.ToString("0.0000", CultureInfo.InvariantCulture), entry.Answer.Abstains ? "no" : "yes"])],
            Charts = new Dictionary<string, IChart>
            {
                ["confusion"] = new ConfusionChart { Title = string.Create(CultureInfo.InvariantCulture, $"views, balanced accuracy {score.BalancedAccuracy:0.000}"), Counts = score.Confusion(), LabelNames = labels },
            },
            Skipped = skipped ?? [],
        };
    }

    private static double BalancedAccuracy(IReadOnlyList<int> rows, int[] said, int[] truth, int classes)
    {
        var found = Enumerable.Range(0, classes).Select(label => Recall(rows, said, truth, label)).Where(value => !double.IsNaN(value)).ToArray();
        return found.Length == 0 ? double.NaN : found.Average();
    }

    private static double Recall(IReadOnlyList<int> rows, int[] said, int[] truth, int label) =>
        Share(rows.Where(row => truth[row] == label), row => said[row] == label);

    private static double Share(IEnumerable<int> rows, Func<int, bool> right)
    {
        int all = 0;
        int hits = 0;
        foreach (int row in rows)
        {
            all++;
            hits += right(row) ? 1 : 0;
        }

        return all == 0 ? double.NaN : (double)hits / all;
    }
}
