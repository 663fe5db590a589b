using System.Globalization;
using System.Text;
using EchoApex.Core.Charts;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Cli.TaskTable;

/// <summary>The rows that exist as Markdown, CSV and pictures.</summary>
internal static class TaskTableReport
{
    private const int PictureWidth = 900;
    private const int PictureHeight = 520;

    /// <summary>Writes tasks.md, tasks.csv, few-shot.png, one picture a task and one of its curve over budgets.</summary>
    public static void Write(TaskTableOptions options, IReadOnlyList<TaskTableRow> rows)
    {
        AtomicOutput.WriteText(Path.Combine(options.Out, "tasks.md"), Markdown(options, rows));
        AtomicOutput.WriteText(Path.Combine(options.Out, "tasks.csv"), Csv(rows));
        foreach (string task in rows.Select(row => row.Task).Distinct())
        {
            Bars(task, rows).Render(PictureWidth, PictureHeight).Save(Path.Combine(options.Out, $"{task}.png"));
        }

        if (FewShot(rows) is { Series.Count: > 0 } chart)
        {
            chart.Render(PictureWidth, PictureHeight).Save(Path.Combine(options.Out, "few-shot.png"));
        }

        var curve = new TaskTableBudgetCurve(rows);
        foreach (string task in curve.Tasks)
        {
            curve.Chart(task).Render(PictureWidth, PictureHeight).Save(Path.Combine(options.Out, $"{task}-budget.png"));
        }
    }

    /// <summary>The tables, after a line that says what they were made with.</summary>
    public static string Markdown(TaskTableOptions options, IReadOnlyList<TaskTableRow> rows)
    {
        var text = new StringBuilder();
        string format = options.Precision == Precision.Bf16 ? "bfloat16, specialists in float32" : "float32";
        text.Append(CultureInfo.InvariantCulture, $"Encoders compute in {format}. Phantoms of the {$"{options.Difficulty}".ToLowerInvariant()} level; scale {options.Scale}; encoder: {options.Encoder ?? $"pretrained for {TaskTableData.StepsOf(options):N0} steps"}.\n\n");
        foreach (string task in rows.Select(row => row.Task).Distinct())
        {
            var figures = TaskTableFigure.Of(task);
            text.Append(CultureInfo.InvariantCulture, $"### {task}\n\n| model | seeds |");
            text.AppendJoin("", figures.Select(figure => $" {figure.Title} |")).Append(" trained parameters | share of encoder | steps | CPU s |\n|---|---|");
            text.AppendJoin("", figures.Select(_ => "---|")).Append("---|---|---|---|\n");
            foreach (string variant in TaskTableVariant.All)
            {
                var own = Of(rows, task, variant);
                if (own.Count > 0)
                {
                    AppendRow(text, variant, own, figures);
                }
            }

            AppendComparison(text, rows, task, figures[0]);
        }

        AppendFewShot(text, rows);
        new TaskTableBudgetCurve(rows).AppendTo(text);
        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, string variant, List<TaskTableRow> own, IReadOnlyList<TaskTableFigure> figures)
    {
        text.Append(CultureInfo.InvariantCulture, $"| {TaskTableVariant.Describe(variant)} | {own.Count} |");
        foreach (var figure in figures)
        {
            text.Append(CultureInfo.InvariantCulture, $" {Cell(own, figure)} |");
        }

        text.Append(CultureInfo.InvariantCulture, $" {own[0].TrainedParameters:N0} | {own[0].EncoderShare:P1} | {own[0].Steps:N0} | {own.Average(row => row.CpuSeconds):0} |\n");
    }

    // One seed: the figure with its bootstrap interval. Several: their mean, and each with its own interval.
    private static string Cell(List<TaskTableRow> own, TaskTableFigure figure)
    {
        var metrics = own.Select(figure.In).OfType<TaskMetric>().ToArray();
        if (metrics.Length == 0)
        {
            return "-";
        }

        string each = string.Join("; ", metrics.Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Value:0.000} [{metric.Low:0.000}, {metric.High:0.000}]")));
        return metrics.Length == 1 ? each : string.Create(CultureInfo.InvariantCulture, $"**{metrics.Average(metric => metric.Value):0.000}** ({each})");
    }

    private static void AppendComparison(StringBuilder text, IReadOnlyList<TaskTableRow> rows, string task, TaskTableFigure figure)
    {
        text.Append('\n');
        foreach (string other in new[] { TaskTableVariant.Adapter, TaskTableVariant.Random, TaskTableVariant.Specialist })
        {
            // Over the seeds that both have. NaN without such a row, 0 where nothing was learnt: there is nothing to take a share of.
            var seeds = Of(rows, task, TaskTableVariant.Full).Select(row => row.Seed).Intersect(Of(rows, task, other).Select(row => row.Seed)).ToArray();
            var common = rows.Where(row => seeds.Contains(row.Seed)).ToArray();
            double full = Mean(common, task, TaskTableVariant.Full, figure.Name), value = Mean(common, task, other, figure.Name);
            if (full > 0 && !double.IsNaN(value))
            {
                double loss = (figure.LargerIsBetter ? full - value : value - full) / full;
                text.Append(CultureInfo.InvariantCulture, $"- {figure.Title}: {TaskTableVariant.Describe(other)} is {Math.Abs(loss):P1} {(loss > 0 ? "worse" : "better")} than full fine-tuning ({value:0.000} and {full:0.000}).\n");
            }
        }

        text.Append('\n');
    }

    private static void AppendFewShot(StringBuilder text, IReadOnlyList<TaskTableRow> rows)
    {
        if (!rows.Any(row => TaskTableVariant.Parse(row.Variant).PatientsPerClass is not null))
        {
            return;
        }

        text.Append("### Few-shot views: balanced accuracy by patients a class\n\n| model |").AppendJoin("", TaskTablePlan.FewShot.Select(shots => $" {shots} |")).Append("\n|---|").AppendJoin("", TaskTablePlan.FewShot.Select(_ => "---|")).Append('\n');
        foreach (string kind in TaskTablePlan.FewShotKinds)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {TaskTableVariant.Describe(kind)} |");
            foreach (int shots in TaskTablePlan.FewShot)
            {
                var own = Of(rows, "view", new TaskTableVariant(kind, shots).ToString());
                text.Append(CultureInfo.InvariantCulture, $" {(own.Count == 0 ? "-" : Cell(own, TaskTableFigure.Of("view")[0]))} |");
            }

            text.Append('\n');
        }

        text.Append('\n');
    }

    private static LineChart FewShot(IReadOnlyList<TaskTableRow> rows)
    {
        double Value(string kind, int shots) => Mean(rows, "view", new TaskTableVariant(kind, shots).ToString(), "balanced_accuracy");
        return new LineChart
        {
            Title = "few-shot views",
            XTitle = "patients a class",
            YTitle = "balanced accuracy",
            LogarithmicX = true,
            Series =
            [
                .. TaskTablePlan.FewShotKinds
                    .Where(variant => TaskTablePlan.FewShot.Any(shots => !double.IsNaN(Value(variant, shots))))
                    .Select(variant => new LineSeries(
                        TaskTableVariant.Describe(variant),
                        [.. TaskTablePlan.FewShot.Select(shots => (double)shots)],
                        [.. TaskTablePlan.FewShot.Select(shots => Value(variant, shots))])
                    { Marked = true }),
            ],
        };
    }

    private static BarChart Bars(string task, IReadOnlyList<TaskTableRow> rows)
    {
        var figure = TaskTableFigure.Of(task)[0];
        string[] variants = [.. TaskTableVariant.All.Where(variant => Of(rows, task, variant).Count > 0)];
        double Average(string variant, Func<TaskMetric, double> value) => Of(rows, task, variant)
            .Select(figure.In).OfType<TaskMetric>()
            .Select(value).DefaultIfEmpty(double.NaN).Average();
        return new BarChart
        {
            Title = $"{task}: {figure.Title} on the test split{(figure.LargerIsBetter ? "" : " (less is better)")}",
            YTitle = figure.Title,
            Categories = [.. variants.Select(TaskTableVariant.Describe)],
            ValueFormat = "0.000",
            Series = [new BarSeries("", [.. variants.Select(variant => Average(variant, metric => metric.Value))], [.. variants.Select(variant => Average(variant, metric => metric.Low))], [.. variants.Select(variant => Average(variant, metric => metric.High))])],
        };
    }

    private static string Csv(IReadOnlyList<TaskTableRow> rows)
    {
        var text = new StringBuilder("task,variant,seed,figure,value,low,high,cases,steps,cpu_seconds,trained_parameters,encoder_share\n");
        foreach (var row in rows)
        {
            foreach (var metric in row.Metrics)
            {
                text.Append(CultureInfo.InvariantCulture, $"{row.Task},{row.Variant},{row.Seed},{metric.Name},{metric.Value:0.######},{metric.Low:0.######},{metric.High:0.######},{metric.Cases},{row.Steps},{row.CpuSeconds:0.#},{row.TrainedParameters},{row.EncoderShare:0.######}\n");
            }
        }

        return text.ToString();
    }

    private static List<TaskTableRow> Of(IReadOnlyList<TaskTableRow> rows, string task, string variant) =>
        [.. rows.Where(row => row.Task == task && row.Variant == variant).OrderBy(row => row.Seed)];

    private static double Mean(IReadOnlyList<TaskTableRow> rows, string task, string variant, string figure) =>
        Of(rows, task, variant).SelectMany(row => row.Metrics).Where(metric => metric.Name == figure).Select(metric => metric.Value).DefaultIfEmpty(double.NaN).Average();
}
