using System.Globalization;
using System.Text;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Probing;

/// <summary>Scores as a Markdown table, and in words what its numbers are.</summary>
internal static class ProbeTable
{
    /// <summary>The table; columns without any value are left out.</summary>
    public static string Write(IReadOnlyList<EncoderScores> scores)
    {
        bool clsMean = scores.Any(row => row.ClsMeanLinear is not null);
        bool patches = scores.Any(row => row.Patches is not null);
        var text = new StringBuilder("| features | k-NN % | k-NN balanced % | linear % | linear balanced % |");
        text.Append(clsMean ? " cls + mean patch, linear % |" : "").Append(patches ? " patch probe mIoU % |" : "");
        text.Append("\n|---|---|---|---|---|").Append(clsMean ? "---|" : "").Append(patches ? "---|" : "").Append('\n');
        foreach (var row in scores)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {Percent(row.Knn.Accuracy)} | {Percent(row.Knn.BalancedAccuracy)} | {Percent(row.Linear.Accuracy)} | {Percent(row.Linear.BalancedAccuracy)} |");
            text.Append(clsMean ? $" {Percent(row.ClsMeanLinear?.Accuracy)} |" : "").Append(patches ? $" {Percent(row.Patches?.MeanIou)} |" : "").Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Intersection over union of each structure; empty without patch probes.</summary>
    public static string Structures(IReadOnlyList<EncoderScores> scores)
    {
        if (scores.Select(row => row.Patches).OfType<PatchScore>().FirstOrDefault() is not { } first)
        {
            return "";
        }

        var text = new StringBuilder("| IoU % |").AppendJoin("", first.Structures.Select(name => $" {name} |")).Append(" mean with background |\n|---|");
        text.AppendJoin("", first.Structures.Select(_ => "---|")).Append("---|\n");
        foreach (var (row, patches) in scores.Select(row => (row, row.Patches)).Where(entry => entry.Patches is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} |").AppendJoin("", patches!.Iou.Select(iou => $" {Number(iou)} |"));
            text.Append(CultureInfo.InvariantCulture, $" {Number(patches.MeanIouWithBackground)} |\n");
        }

        return text.ToString();
    }

    /// <summary>What was judged and how, one sentence a line.</summary>
    public static string Notes(ProbeRequest request, ProbeOutcome outcome)
    {
        var culture = CultureInfo.InvariantCulture;
        var options = request.Options;
        int labels = (request.LabelNames ?? request.Train.LabelNames).Count;
        var lines = new List<string>
        {
            string.Create(culture, $"{outcome.Train[0].Cls.Count} frames of {Groups(outcome.Train[0])} clips or patients fit the probes, {outcome.Test[0].Cls.Count} of {Groups(outcome.Test[0])} judge them; {labels} labels, chance {100.0 / labels:0.0} %. Accuracies count frames."),
            string.Create(culture, $"In brackets: 95 % bootstrap intervals over clips or patients ({options.BootstrapDraws} draws). k-NN: {options.Knn.Neighbours} neighbours, temperature {options.Knn.Temperature}."),
            $"The L2 of the linear probes was chosen on {(request.Validation is null ? "a fifth of the training clips held back by clip or patient, which then joined the fit" : request.Validation.Source)}, never on test clips: {string.Join(", ", outcome.Scores.Select(row => string.Create(culture, $"{row.Name} {row.Linear.L2}")))}.",
        };
        if (outcome.Scores.Any(row => row.Patches is not null))
        {
            var grid = outcome.Test[0].Patches!;
            lines.Add($"Patch probe: a linear layer on the frozen features of {grid.GridHeight} x {grid.GridWidth} patches, its scores enlarged bilinearly to {grid.Side} pixels; the mean is over the structures that occur, background left out.");
        }

        return string.Join('\n', lines);
    }

    /// <summary>"58.3 [54.1, 62.0]", or a dash.</summary>
    public static string Percent(BootstrapInterval? value) => value is null || double.IsNaN(value.Estimate)
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{100 * value.Estimate:0.0} [{100 * value.Low:0.0}, {100 * value.High:0.0}]");

    private static string Number(double share) => double.IsNaN(share) ? "-" : (100 * share).ToString("0.0", CultureInfo.InvariantCulture);

    private static int Groups(EncoderFeatures features) => features.Cls.Groups.Distinct(StringComparer.Ordinal).Count();
}
