using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.TaskTable;

/// <summary>Makes the encoder and the rows that are missing, several processes at a time, and writes the table after each.</summary>
internal sealed class TaskTableRun(TaskTableOptions options, Action<string> say)
{
    /// <summary>The environment variable that hands the options to a process of one row.</summary>
    public const string OptionsVariable = "ECHOAPEX_TASK_TABLE";

    /// <summary>What <c>--row</c> says for the encoder that the rows start from.</summary>
    public const string PretrainingRow = "pretraining";

    // Which shares of the processors no process computes on.
    private readonly ConcurrentQueue<int> _free = new(Enumerable.Range(0, options.Jobs));

    /// <summary>Runs to the end: pretraining is one process, beside which rows are made that do not need it.</summary>
    /// <exception cref="ConfigurationException">The folder holds a table of another scale, encoder or precision, or rows of other steps.</exception>
    /// <exception cref="EchoApexException">A row failed; the others are made before this is thrown.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(TaskTableTraining.RowFolder(options));
        KeepToOneTable();
        KeepToTheseSteps();
        var data = new TaskTableData(options, say);
        var open = TaskTablePlan.Rows(options).Where(row => !File.Exists(TaskTableTraining.FileOf(options, row.Task, row.Variant, row.Seed))).ToList();
        if (options.Encoder is not null)
        {
            // Says at once where it is not there.
            data.Pretrained();
        }

        say($"{open.Count} rows to make, {options.Jobs} at a time");
        var failures = await MakeAllAsync(data, open, cancellationToken).ConfigureAwait(false);

        // Also where nothing was open: the table is that of all rows in the folder.
        var rows = Rows();
        TaskTableReport.Write(options, rows);
        say(string.Create(CultureInfo.InvariantCulture, $"{rows.Count} rows, {rows.Sum(row => row.CpuSeconds) / 60:0} minutes of one core"));
        if (failures.Count > 0)
        {
            string waiting = open.Count > 0 ? $" {open.Count} rows were left for want of the encoder." : "";
            throw new EchoApexException($"{failures.Count} rows failed; the first: {failures[0]}{waiting} The same command makes them again.");
        }
    }

    // What could not be made stays in the list.
    private async Task<List<string>> MakeAllAsync(TaskTableData data, List<(string Task, string Variant, int Seed)> open, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<string?>>();
        var failures = new List<string>();
        try
        {
            if (open.Any(WaitsForEncoder) && !data.HasPretrained)
            {
                running.Add(MakeAsync(PretrainingRow, PretrainingRow, stop.Token));
            }

            PrepareShared(data, open, stop.Token);
            for (Fill(); running.Count > 0; Fill())
            {
                var done = await Task.WhenAny(running).ConfigureAwait(false);
                running.Remove(done);
                if (await done.ConfigureAwait(false) is { } failure)
                {
                    failures.Add(failure);
                    say(failure);
                }

                TaskTableReport.Write(options, Rows());
            }

            return failures;
        }
        finally
        {
            // Where something was thrown, no process is left behind.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        void Fill()
        {
            while (running.Count < options.Jobs && open.FindIndex(row => data.HasPretrained || !WaitsForEncoder(row)) is >= 0 and var next)
            {
                var (task, variant, seed) = open[next];
                open.RemoveAt(next);
                running.Add(MakeAsync(TaskTableRow.NameOf(task, variant, seed), $"{task}/{variant}/{seed}", stop.Token));
            }
        }
    }

    /// <summary>The rows that exist in the folder, those of earlier commands too, in the order of the tasks.</summary>
    public IReadOnlyList<TaskTableRow> Rows() =>
    [
        .. new DirectoryInfo(TaskTableTraining.RowFolder(options)).EnumerateFiles("*.json")
            .Select(file => TaskTableRow.Read(file.FullName)).OfType<TaskTableRow>()
            .OrderBy(row => Array.IndexOf(TaskTablePlan.AllTasks, row.Task)).ThenBy(row => row.Variant, StringComparer.Ordinal).ThenBy(row => row.Seed),
    ];

    // Rows and phantoms are found again by their names, which say nothing of scale and encoder: one folder, one table.
    private void KeepToOneTable()
    {
        string file = Path.Combine(options.Out, "table.txt");
        string own = string.Create(CultureInfo.InvariantCulture, $"--scale {options.Scale}, encoder {options.Encoder ?? "of its own"}, {options.Difficulty} phantoms{(options.Precision == Precision.Fp32 ? "" : ", bf16")}");
        if (!File.Exists(file))
        {
            AtomicOutput.WriteText(file, own);
        }
        else if (File.ReadAllText(file) is var there && there != own)
        {
            throw new ConfigurationException("command line", $"{options.Out} holds a table of {there}; this command has {own}. Take another --out, or the same options.");
        }
    }

    // Rows of a version that trained longer or shorter do not belong beside this one's.
    private void KeepToTheseSteps()
    {
        foreach (var (task, variant, seed) in TaskTablePlan.Rows(options))
        {
            string file = TaskTableTraining.FileOf(options, task, variant, seed);
            int? steps = TaskTableRecipes.For(task, variant, seed, options).Training.Steps;
            if (TaskTableRow.Read(file) is { } made && made.Steps != steps)
            {
                throw new ConfigurationException("command line", string.Create(CultureInfo.InvariantCulture, $"{file} was trained for {made.Steps} steps; this version takes {steps}. Take another --out, or remove the file to have the row made again."));
            }
        }
    }

    private static bool WaitsForEncoder((string Task, string Variant, int Seed) row) => TaskTableVariant.Parse(row.Variant).IsPretrained;

    // What several rows need is made before they run beside each other.
    private static void PrepareShared(TaskTableData data, IReadOnlyList<(string Task, string Variant, int Seed)> rows, CancellationToken cancellationToken)
    {
        foreach (var (task, _, seed) in rows.DistinctBy(row => (row.Task, row.Seed)))
        {
            data.Labelled(task, seed, cancellationToken);
            data.Untrained(seed);
            data.Cnn(seed);
        }
    }

    // A row by a process of its own, on processors of its own; null, or why it failed.
    private async Task<string?> MakeAsync(string name, string row, CancellationToken cancellationToken)
    {
        _free.TryDequeue(out int share);
        try
        {
            return await MakeAsync(name, Command(row), share, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _free.Enqueue(share);
        }
    }

    private ProcessStartInfo Command(string row)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(TaskTableRun).Assembly.Location);
        }

        foreach (string argument in new[] { "task-table", "--out", options.Out, "--row", row })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[OptionsVariable] = options.ToJson();
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        return start;
    }

    private async Task<string?> MakeAsync(string name, ProcessStartInfo start, int share, CancellationToken cancellationToken)
    {
        using var process = ProcessorShare.Start(start, share, options.Jobs);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                say(line);
            }

            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0 ? null : $"{name} failed: {(await errors.ConfigureAwait(false)).Trim()}";
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
