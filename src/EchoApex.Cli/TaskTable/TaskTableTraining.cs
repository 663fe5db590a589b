using EchoApex.Cli.FineTuning;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Training.FineTuning;
using static TorchSharp.torch;

namespace EchoApex.Cli.TaskTable;

/// <summary>Makes one row: trains on the training split, judges the last weights on the test split.</summary>
internal sealed class TaskTableTraining(TaskTableOptions options, Action<string> say)
{
    private readonly TaskTableData _data = new(options, say);

    /// <summary>The folder of the rows.</summary>
    public static string RowFolder(TaskTableOptions options) => Path.Combine(options.Out, "rows");

    /// <summary>The file of a row.</summary>
    public static string FileOf(TaskTableOptions options, string task, string variant, int seed) =>
        Path.Combine(RowFolder(options), $"{TaskTableRow.NameOf(task, variant, seed)}.json");

    /// <summary>Trains, judges and writes the row with its cases and pictures.</summary>
    public TaskTableRow Make(string task, string variant, int seed, CancellationToken cancellationToken)
    {
        var configuration = TaskTableRecipes.For(task, variant, seed, options);
        set_num_threads(configuration.Threads ?? 1);
        var set = _data.Labelled(task, seed, cancellationToken);
        string kind = TaskTableVariant.Parse(variant).Kind;
        using var model = ModelFolder.Load(Encoder(task, kind, seed));
        var preparation = new ClipPreparation(model.Preprocessing with { Grayscale = true, ImageSize = configuration.InputSize!.Value }, configuration.CacheMegabytes);
        using var made = kind == TaskTableVariant.Specialist ? SpecialistCatalog.Create(task, set, preparation, model.Backbone, configuration) : TaskCatalog.Create(task, set, preparation, model.Backbone, configuration);

        // A specialist that is a network of its own has no use for the encoder: it is held still.
        var training = kind == TaskTableVariant.Specialist && task != "view" ? configuration.Training with { Protocol = FineTuningProtocol.Linear } : configuration.Training;
        var loop = new FineTuningLoop(training);
        using var adapters = loop.Attach(model.Backbone);
        string name = TaskTableRow.NameOf(task, variant, seed);
        var outcome = loop.Run(model.Backbone, adapters, made, cancellationToken: cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        using var pause = new CollectionPause();
        var evaluation = made.Evaluate(model.Backbone, DataSplit.Test, cancellationToken);
        EvaluationReport.Write(Path.Combine(options.Out, "cases", name), evaluation, new Dictionary<string, string> { ["row"] = name });
        var row = new TaskTableRow
        {
            Task = task,
            Variant = variant,
            Seed = seed,
            Metrics = evaluation.Metrics,
            Steps = outcome.Steps,
            CpuSeconds = outcome.CpuSeconds,
            TrainedParameters = outcome.TrainedParameters,
            EncoderShare = outcome.EncoderShare,
        };
        Directory.CreateDirectory(RowFolder(options));
        row.Write(FileOf(options, task, variant, seed));
        say(FormattableString.Invariant($"{name}: {row.Steps} steps in {row.CpuSeconds:0} s of processor time; {row.Metrics[0].Name} {row.Metrics[0].Value:0.000} on the test split"));
        return row;
    }

    // A specialist of its own leaves the encoder aside: any will do.
    private string Encoder(string task, string kind, int seed) => kind switch
    {
        TaskTableVariant.Specialist when task == "view" => _data.Cnn(seed),
        TaskTableVariant.Specialist or TaskTableVariant.Random => _data.Untrained(seed),
        _ => _data.Pretrained(),
    };
}
