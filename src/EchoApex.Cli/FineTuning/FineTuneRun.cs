using System.Globalization;
using EchoApex.Core.Adapters;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.ViewClassification;
using EchoApex.Training.FineTuning;
using static TorchSharp.torch;

namespace EchoApex.Cli.FineTuning;

/// <summary>One fine-tuning from an encoder to a fine-tuned model's folder.</summary>
internal static class FineTuneRun
{
    private const string ConfigName = "config.yaml";
    private const string CheckpointName = "checkpoint";

    /// <summary>Options that do not change a run's numbers, so that a resumed run may have others.</summary>
    private static readonly string[] Free = ["cache_megabytes", "training.workers", "training.log_every", "training.checkpoint_every"];

    /// <summary>Trains and writes config.yaml, metrics.jsonl, checkpoint/ while it runs, and model/ into a folder.</summary>
    /// <param name="taskName">The task.</param>
    /// <param name="model">Encoder; the caller's. Its weights are changed by full fine-tuning.</param>
    /// <param name="set">The data.</param>
    /// <param name="configuration">Everything else.</param>
    /// <param name="folder">The run folder.</param>
    /// <param name="say">Told lines for people.</param>
    /// <param name="resume">Go on with the run of that folder; otherwise the folder is new.</param>
    /// <param name="cancellationToken">Ends the run; the best weights so far are written, and it can be resumed.</param>
    public static FineTuningOutcome Run(
        string taskName,
        LoadedModel model,
        AnnotatedClipSet set,
        FineTuneConfiguration configuration,
        string folder,
        Action<string> say,
        bool resume,
        CancellationToken cancellationToken)
    {
        if (resume)
        {
            RequireSame(folder, configuration);
        }
        else
        {
            AtomicOutput.RequireNew(folder);
        }

        if (configuration.Threads is { } threads)
        {
            set_num_threads(threads);
        }

        var preprocessing = model.Preprocessing with { Grayscale = true, ImageSize = configuration.InputSize ?? model.Preprocessing.ImageSize };
        if (preprocessing.ImageSize % model.Backbone.PatchSize != 0)
        {
            throw new ConfigurationException("configuration", $"input_size is {preprocessing.ImageSize}, which is no multiple of the encoder's patch of {model.Backbone.PatchSize} pixels.");
        }

        var preparation = new ClipPreparation(preprocessing, configuration.CacheMegabytes);
        using var task = TaskCatalog.Create(taskName, set, preparation, model.Backbone, configuration);
        var loop = new FineTuningLoop(configuration.Training);
        using var adapters = loop.Attach(model.Backbone);
        Directory.CreateDirectory(folder);
        AtomicOutput.WriteText(Path.Combine(folder, ConfigName), ConfigurationWriter.ToYaml(configuration));
        say(Plan(task, adapters, model, configuration));
        string checkpoint = Path.Combine(folder, CheckpointName);
        var outcome = loop.Run(model.Backbone, adapters, task, new FineTuningFiles { Metrics = Path.Combine(folder, "metrics.jsonl"), Checkpoint = checkpoint, Resume = resume }, new Display(say), cancellationToken);
        var (labels, options) = TaskCatalog.Describe(task, configuration);
        string place = Path.Combine(folder, "model");
        if (Directory.Exists(place))
        {
            // What the run wrote when it was cancelled.
            Directory.Delete(place, recursive: true);
        }

        TaskModelFolder.Save(place, model.Backbone, model, adapters, task.Head, new TaskModelInfo
        {
            Task = taskName,
            Name = $"{model.Info.Name}: {taskName}",
            Labels = labels,
            Options = options,
            Preprocessing = preprocessing,
            Encoder = new EncoderReference("", ""),
            Training = Summary(set, configuration, outcome),
        });
        if (taskName == "view" && !cancellationToken.IsCancellationRequested)
        {
            // The encoder as it is now, adapters included: what the study pipeline knows other organs by.
            Familiarity.Build(model.Backbone, preparation, set, cancellationToken).Write(Path.Combine(folder, "model"));
        }

        if (outcome.End != FineTuningOutcome.Cancelled)
        {
            FineTuningLoop.RemoveCheckpoint(checkpoint);
        }

        return outcome;
    }

    private static void RequireSame(string folder, FineTuneConfiguration configuration)
    {
        string file = Path.Combine(folder, ConfigName);
        if (!File.Exists(file))
        {
            throw new ConfigurationException(folder, $"there is no run to resume: {ConfigName} is missing. Leave --resume out to start one.");
        }

        if (!FineTuningLoop.CanResume(Path.Combine(folder, CheckpointName)))
        {
            throw new ConfigurationException(folder, Directory.Exists(Path.Combine(folder, "model"))
                ? "the run is complete, there is nothing to resume: its model is in model/."
                : "the run was stopped before its first checkpoint. Start it again in another folder.");
        }

        var before = ConfigurationWriter.Flatten(new ConfigurationLoader().LoadFile<FineTuneConfiguration>(file));
        var now = ConfigurationWriter.Flatten(configuration);
        string[] faults = [.. before.Keys.Where(key => before[key] != now[key] && !Free.Contains(key)).Select(key => $"{key}: started with {before[key]}, now {now[key]}. A run is resumed with the options it was started with.")];
        if (faults.Length > 0)
        {
            throw new ConfigurationException(file, faults);
        }
    }

    private static string Plan(ITrainableTask task, AdapterSet? adapters, LoadedModel model, FineTuneConfiguration configuration)
    {
        long head = task.Head.parameters().Sum(parameter => parameter.numel());
        long encoder = model.Backbone.Module.parameters().Sum(parameter => parameter.numel());
        string tuned = adapters is null
            ? $"the whole encoder of {encoder:N0} parameters"
            : string.Create(CultureInfo.InvariantCulture, $"{adapters.ParameterCount:N0} of {encoder:N0} encoder parameters ({adapters.Share:P2}; {adapters.Options.Kind}{(adapters.Options.Bottleneck is { } width ? $", width {width}" : "")})");
        return string.Create(CultureInfo.InvariantCulture, $"task {task.Name}: {task.TrainingSamples.Count} training samples; {tuned} and a head of {head:N0} parameters learn; {configuration.Training.TotalSteps(task.TrainingSamples.Count)} steps of {configuration.Training.BatchSize}");
    }

    private static Dictionary<string, string> Summary(AnnotatedClipSet set, FineTuneConfiguration configuration, FineTuningOutcome outcome) => new()
    {
        ["data"] = $"{set.Name} ({set.Of(DataSplit.Train).Count()} training clips)",
        ["protocol"] = configuration.Training.Protocol.ToString(),
        ["steps"] = $"{outcome.Steps}, weights of step {outcome.BestStep}",
        ["seed"] = configuration.Training.Seed.ToString(CultureInfo.InvariantCulture),
        ["trained_parameters"] = outcome.TrainedParameters.ToString("N0", CultureInfo.InvariantCulture),
        ["encoder_share"] = outcome.EncoderShare.ToString("P2", CultureInfo.InvariantCulture),
        ["validation"] = outcome.BestSelection.ToString("0.0000", CultureInfo.InvariantCulture),
        ["cpu_seconds"] = outcome.CpuSeconds.ToString("0", CultureInfo.InvariantCulture),
    };

    private sealed class Display(Action<string> say) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value)
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"step {value.Step}/{value.TotalSteps}  loss {value.Loss:0.0000}");
            say(value.Evaluation is { } evaluation
                ? $"{line}  validation: {string.Join("  ", evaluation.Metrics.Take(3).Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Name} {metric.Value:0.000}")))}"
                : line);
        }
    }
}
