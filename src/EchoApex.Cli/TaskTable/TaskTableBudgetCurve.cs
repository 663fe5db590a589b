using System.Globalization;
using System.Text;
using EchoApex.Core.Charts;

namespace EchoApex.Cli.TaskTable;

/// <summary>How each task goes on with the budget: its figures as a table, the deciding one as a picture, of seed 0.</summary>
internal sealed class TaskTableBudgetCurve(IReadOnlyList<TaskTableRow> rows)
{
    /// <summary>Tasks with rows of more than one budget.</summary>
    public IReadOnlyList<string> Tasks { get; } =
        [.. rows.Where(row => TaskTableVariant.Parse(row.Variant).Budget is not 1).Select(row => row.Task).Distinct()];

    /// <summary>Writes the table of every task that has a curve: each figure of each model, and what it cost.</summary>
    public void AppendTo(StringBuilder text)
    {
        foreach (string task in Tasks)
        {
            double[] budgets = Budgets(task);
            text.Append(CultureInfo.InvariantCulture, $"### {task} over the budget, seed 0\n\n| model | figure |")
                .AppendJoin("", budgets.Select(budget => string.Create(CultureInfo.InvariantCulture, $" {budget} x |"))).Append("\n|---|---|").AppendJoin("", budgets.Select(_ => "---|")).Append('\n');
            foreach (string kind in TaskTablePlan.BudgetKinds)
            {
                AppendModel(text, TaskTableVariant.Describe(kind), TaskTableFigure.Of(task), [.. budgets.Select(budget => Find(task, kind, budget))]);
            }

            text.Append('\n');
        }
    }

    private static void AppendModel(StringBuilder text, string model, IReadOnlyList<TaskTableFigure> figures, TaskTableRow?[] rows)
    {
        foreach (var figure in figures.Where(figure => rows.Any(row => row is not null && figure.In(row) is not null)))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {model} | {figure.Title} |").AppendJoin("", rows.Select(row => $" {Cell(row, figure)} |")).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"| {model} | CPU s |").AppendJoin("", rows.Select(row => row is null ? " - |" : string.Create(CultureInfo.InvariantCulture, $" {row.CpuSeconds:0} |"))).Append('\n');
    }

    /// <summary>The picture of a task: the figure over processor seconds.</summary>
    public LineChart Chart(string task)
    {
        var figure = TaskTableFigure.Of(task)[0];
        return new LineChart
        {
            Title = $"{task}: {figure.Title} on the test split over the budget{(figure.LargerIsBetter ? "" : " (less is better)")}",
            XTitle = "processor seconds of training",
            YTitle = figure.Title,
            LogarithmicX = true,
            Series = [.. TaskTablePlan.BudgetKinds.Select(kind => Series(task, kind, figure)).OfType<LineSeries>()],
        };
    }

    private LineSeries? Series(string task, string kind, TaskTableFigure figure)
    {
        var own = Budgets(task).Select(budget => Find(task, kind, budget)).OfType<TaskTableRow>().Where(row => figure.In(row) is not null).ToArray();
        return own.Length == 0
            ? null
            : new LineSeries(TaskTableVariant.Describe(kind), [.. own.Select(row => row.CpuSeconds)], [.. own.Select(row => figure.In(row)!.Value)]) { Marked = true };
    }

    private double[] Budgets(string task) =>
        [.. rows.Where(row => row.Task == task && row.Seed == 0).Select(row => TaskTableVariant.Parse(row.Variant)).Where(variant => variant.PatientsPerClass is null).Select(variant => variant.Budget).Distinct().Order()];

    private TaskTableRow? Find(string task, string kind, double budget)
    {
        string variant = new TaskTableVariant(kind, Budget: budget).ToString();
        return rows.FirstOrDefault(row => row.Task == task && row.Seed == 0 && row.Variant == variant);
    }

    private static string Cell(TaskTableRow? row, TaskTableFigure figure) => row is null || figure.In(row) is not { } metric
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{metric.Value:0.000} [{metric.Low:0.000}, {metric.High:0.000}]");
}
