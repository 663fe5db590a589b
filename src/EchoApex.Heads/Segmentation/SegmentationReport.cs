using System.Globalization;
using EchoApex.Core.Charts;
using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.Segmentation;

/// <summary>Makes figures of judged masks.</summary>
/// <remarks>
/// For each kind of prompt: the mean over structures of their mean Dice; then Dice, HD95 and average surface distance of each
/// structure, and the number of empty masks, which count as Dice 0 and are in no distance. Intervals are by patient.
/// </remarks>
internal static class SegmentationReport
{
    private static readonly string[] Columns = ["clip", "patient", "frame", "structure", "prompt", "dice", "iou", "predicted_iou", "hd95_mm", "asd_mm"];
    private static readonly string[] Prompts = [SegmentationEvaluator.Box, SegmentationEvaluator.Point, SegmentationEvaluator.Corrected, SegmentationEvaluator.Automatic];

    public static TaskEvaluation Make(
        IReadOnlyList<SegmentationCase> cases, IReadOnlyList<string> structures, IReadOnlyList<MaskSheetTile> tiles, IReadOnlyList<SkippedClip> skipped, ulong seed, int draws)
    {
        string[] prompts = [.. Prompts.Where(prompt => cases.Any(judged => judged.Prompt == prompt))];
        List<TaskMetric> metrics = [.. prompts.Select(prompt => MeanDice(cases, prompt, seed, draws))];
        foreach (string prompt in prompts)
        {
            for (int structure = 0; structure < structures.Count; structure++)
            {
                SegmentationCase[] own = [.. cases.Where(judged => judged.Prompt == prompt && judged.Structure == structure)];
                string name = $"{structures[structure]}_{prompt}";
                metrics.Add(Metric($"dice_{name}", own, judged => judged.Score.Dice, seed, draws));
                metrics.Add(Metric($"hd95_mm_{name}", own, judged => judged.Score.Hd95Mm, seed, draws));
                metrics.Add(Metric($"asd_mm_{name}", own, judged => judged.Score.AverageSurfaceDistanceMm, seed, draws));
            }

            int empty = cases.Count(judged => judged.Prompt == prompt && judged.Score.IsOneEmpty);
            metrics.Add(new TaskMetric($"empty_masks_{prompt}", empty, double.NaN, double.NaN, cases.Count(judged => judged.Prompt == prompt)));
        }

        return new TaskEvaluation
        {
            Metrics = metrics,
            Selection = prompts.Length == 0 ? double.NaN : metrics.Take(prompts.Length).Average(metric => metric.Value),
            CaseColumns = Columns,
            Cases = [.. cases.Select(judged => Row(judged, structures))],
            Charts = prompts.ToDictionary(prompt => $"masks_{prompt}", prompt => (IChart)new MaskSheetChart([.. tiles.Where(tile => tile.Prompt == prompt)], structures.Count)),
            Skipped = skipped,
        };
    }

    private static TaskMetric MeanDice(IReadOnlyList<SegmentationCase> cases, string prompt, ulong seed, int draws)
    {
        SegmentationCase[] own = [.. cases.Where(judged => judged.Prompt == prompt)];
        double Mean(IReadOnlyList<int> rows) => rows.GroupBy(row => own[row].Structure).Average(group => group.Average(row => own[row].Score.Dice));
        return Interval($"dice_mean_{prompt}", own, Mean, seed, draws);
    }

    private static TaskMetric Metric(string name, SegmentationCase[] cases, Func<SegmentationCase, double?> value, ulong seed, int draws)
    {
        SegmentationCase[] own = [.. cases.Where(judged => value(judged) is not null)];
        return Interval(name, own, rows => rows.Average(row => value(own[row])!.Value), seed, draws);
    }

    private static TaskMetric Interval(string name, SegmentationCase[] cases, Func<IReadOnlyList<int>, double> statistic, ulong seed, int draws)
    {
        if (cases.Length == 0)
        {
            return new TaskMetric(name, double.NaN, double.NaN, double.NaN, 0);
        }

        var interval = BootstrapInterval.Compute(
            [.. cases.Select(judged => judged.Patient)], statistic, RandomStream.For(seed, name), draws);
        return new TaskMetric(name, interval.Estimate, interval.Low, interval.High, cases.Length);
    }

    private static string[] Row(SegmentationCase judged, IReadOnlyList<string> structures)
    {
        static string Number(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "";
        return
        [
            judged.Clip, judged.Patient, judged.Frame.ToString(CultureInfo.InvariantCulture), structures[judged.Structure], judged.Prompt,
            Number(judged.Score.Dice), Number(judged.Score.Iou), Number(judged.PredictedIou), Number(judged.Score.Hd95Mm), Number(judged.Score.AverageSurfaceDistanceMm),
        ];
    }
}
