using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.TaskTable;

/// <summary>Makes the rows that are missing, several processes at a time, and writes the table after each.</summary>
internal sealed class TaskTableRun(TaskTableOptions options, Action<string> say)
{
    /// <summary>The environment variable that hands the options to a process of one row.</summary>
    public const string OptionsVariable = "ECHOAPEX_TASK_TABLE";

    /// <summary>Runs to the end.</summary>
    /// <exception cref="ConfigurationException">The folder holds a table of another scale or encoder.</exception>
    /// <exception cref="EchoApexException">A row failed; the others are made before this is thrown.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(TaskTableTraining.RowFolder(options));
        KeepToOneTable();
        PrepareShared(cancellationToken);
        var open = new Queue<(string Task, string Variant, int Seed)>(TaskTablePlan.Rows(options).Where(row => !File.Exists(TaskTableTraining.FileOf(options, row.Task, row.Variant, row.Seed))));
        say($"{open.Count} rows to make, {options.Jobs} at a time");
        var running = new List<Task<string?>>();
        var failures = new List<string>();
        while (open.Count > 0 || running.Count > 0)
        {
            while (running.Count < options.Jobs && open.TryDequeue(out var row))
            {
                running.Add(MakeAsync(row.Task, row.Variant, row.Seed, cancellationToken));
            }

            var done = await Task.WhenAny(running).ConfigureAwait(false);
            running.Remove(done);
            if (await done.ConfigureAwait(false) is { } failure)
            {
                failures.Add(failure);
                say(failure);
            }

            TaskTableReport.Write(options, Rows());
        }

        // Also where nothing was open: the table is that of all rows in the folder.
        TaskTableReport.Write(options, Rows());
        if (failures.Count > 0)
        {
            throw new EchoApexException($"{failures.Count} rows failed; the first: {failures[0]} The same command makes them again.");
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
        string own = string.Create(CultureInfo.InvariantCulture, $"--scale {options.Scale}, encoder {options.Encoder ?? "of its own"}, {options.Difficulty} phantoms");
        if (!File.Exists(file))
        {
            AtomicOutput.WriteText(file, own);
        }
        else if (File.ReadAllText(file) is var there && there != own)
        {
            throw new ConfigurationException("command line", $"{options.Out} holds a table of {there}; this command has {own}. Take another --out, or the same options.");
        }
    }

    // What several rows need is made before they run beside each other.
    private void PrepareShared(CancellationToken cancellationToken)
    {
        var data = new TaskTableData(options, say);
        string pretrained = data.Pretrained(cancellationToken);
        foreach (var (task, _, seed) in TaskTablePlan.Rows(options).DistinctBy(row => (row.Task, row.Seed)))
        {
            data.Labelled(task, seed, cancellationToken);
            data.Untrained(pretrained, seed);
            data.Cnn(seed);
        }
    }

    private async Task<string?> MakeAsync(string task, string variant, int seed, CancellationToken cancellationToken)
    {
        string name = TaskTableRow.NameOf(task, variant, seed);
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(TaskTableRun).Assembly.Location);
        }

        foreach (string argument in new[] { "task-table", "--out", options.Out, "--row", $"{task}/{variant}/{seed}" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[OptionsVariable] = options.ToJson();
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        using var process = Process.Start(start)!;
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
