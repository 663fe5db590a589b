using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EchoApex.Cli.TaskTable;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex task-table</c>: the whole comparison on phantoms, from pretraining to the last figure.</summary>
internal static class TaskTableCommand
{
    private static readonly Option<string> Out = new("--out") { Description = "Folder of the table: phantoms, encoders, rows, tasks.md, tasks.csv, pictures. Rows that exist are not made again.", Required = true };
    private static readonly Option<string?> Encoder = new("--encoder") { Description = "Pretraining run (or model folder) to take instead of making one." };
    private static readonly Option<string[]> Tasks = new("--tasks") { Description = "Tasks: view, segment, measure, ef.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => TaskTablePlan.AllTasks };
    private static readonly Option<int> Seeds = new("--seeds") { Description = "Repetitions of views, segmentation, and the fine-tuned encoders of the ejection fraction.", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> Jobs = new("--jobs") { Description = "Processes at a time, one thread each.", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount) };
    private static readonly Option<double> Scale = new("--scale") { Description = "Share of all sizes and steps, to try the command out.", DefaultValueFactory = _ => 1 };
    private static readonly Option<double[]> Budgets = new("--budgets") { Description = "Further budgets, as multiples of each task's steps: fine-tuned encoder and specialist of seed 0, drawn as a curve. Such as: 0.5 2 4.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
    private static readonly Option<string> Precision = PrecisionOption.Create();
    private static readonly Option<string?> Row = new("--row") { Description = "Make this row alone: task/variant/seed.", Hidden = true };

    public static Command Create()
    {
        var command = new Command("task-table", "Compare on phantoms, for every task: full fine-tuning, adapters, a frozen and a random encoder, and specialists from scratch; few-shot curve for views.")
        {
            Out, Encoder, Tasks, Seeds, Budgets, Jobs, Scale, Precision, Row,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            TorchRuntime.EnsureAvailable();
            if (parsed.GetValue(Row) is { } row)
            {
                MakeRow(row, cancellationToken);
                return 0;
            }

            var options = Read(parsed);
            var run = new TaskTableRun(options, Clock());
            await run.RunAsync(cancellationToken).ConfigureAwait(false);
            Console.WriteLine(TaskTableReport.Markdown(options, run.Rows()));
            return 0;
        });
        return command;
    }

    private static TaskTableOptions Read(ParseResult parsed)
    {
        var options = new TaskTableOptions
        {
            Out = Path.GetFullPath(parsed.GetValue(Out)!),
            Encoder = parsed.GetValue(Encoder) is { } encoder ? Path.GetFullPath(encoder) : null,
            Tasks = parsed.GetValue(Tasks)!,
            Seeds = parsed.GetValue(Seeds),
            Budgets = parsed.GetValue(Budgets)!,
            Jobs = parsed.GetValue(Jobs),
            Scale = parsed.GetValue(Scale),
            Precision = PrecisionOption.Read(parsed.GetValue(Precision)).Precision,
        };
        return options.Tasks.FirstOrDefault(task => !TaskTablePlan.AllTasks.Contains(task)) is { } unknown
            ? throw new ConfigurationException("command line", $"there is no task '{unknown}'; there are {string.Join(", ", TaskTablePlan.AllTasks)}.")
            : options.Seeds < 1 || options.Jobs < 1 || !IsPositive(options.Scale) || !options.Budgets.All(IsPositive)
            ? throw new ConfigurationException("command line", "--seeds, --jobs, --scale and --budgets must be above 0.")
            : options;
    }

    private static bool IsPositive(double number) => double.IsFinite(number) && number > 0;

    private static void MakeRow(string row, CancellationToken cancellationToken)
    {
        string json = Environment.GetEnvironmentVariable(TaskTableRun.OptionsVariable)
            ?? throw new ConfigurationException("command line", "--row is for the processes that task-table starts itself.");
        var options = TaskTableOptions.FromJson(json);
        if (row == TaskTableRun.PretrainingRow)
        {
            new TaskTableData(options, Console.WriteLine).Pretrain(cancellationToken);
            return;
        }

        string[] parts = row.Split('/');
        new TaskTableTraining(options, Console.WriteLine).Make(parts[0], parts[1], int.Parse(parts[2], CultureInfo.InvariantCulture), cancellationToken);
    }

    private static Action<string> Clock()
    {
        var watch = Stopwatch.StartNew();
        var writing = new Lock();
        return line =>
        {
            lock (writing)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{watch.Elapsed.TotalSeconds,5:0} s] {line}"));
            }
        };
    }
}
