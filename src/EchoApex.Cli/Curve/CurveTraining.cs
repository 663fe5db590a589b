using System.Globalization;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Training.Baselines;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;

namespace EchoApex.Cli.Curve;

/// <summary>Trains the encoder of a row. A pretraining run that was interrupted goes on where it stopped; one that is complete is taken as it is.</summary>
internal sealed class CurveTraining(CurveOptions options, CurveData data, Action<string> say)
{
    private const string DinoPreset = "curve-cpu-dino";
    private const string Dinov2Preset = "curve-cpu-dinov2";
    private const string Resnet50Preset = "curve-cpu-resnet50";
    private const int ReportEvery = 100;

    // A tenth of a run warms up, but no less than this: with 60 steps a run of 600 went to uniform targets on the medium level.
    private const double WarmupShare = 0.1;
    private const double LeastWarmupSteps = 150;
    private const double LargestWarmupShare = 0.4;

    /// <summary>Trains, and returns the folder of the run and the processor time of all its stages in seconds.</summary>
    public (string Run, double CpuSeconds) Train(CancellationToken cancellationToken)
    {
        var method = options.Method!;
        if (method == CurveMethod.Supervised)
        {
            return TrainWithLabels(cancellationToken);
        }

        if (method != CurveMethod.DinoDinov2)
        {
            string preset = method == CurveMethod.Dino ? DinoPreset : method == CurveMethod.Dinov2 ? Dinov2Preset : Resnet50Preset;
            return Pretrain(preset, method.Name, options.Steps, null, cancellationToken);
        }

        // The first stage is a DINO row of half the steps, and found again when that was made already.
        int half = options.Steps / 2;
        var (first, firstSeconds) = Pretrain(DinoPreset, CurveMethod.Dino.Name, half, null, cancellationToken);
        var (second, secondSeconds) = Pretrain(Dinov2Preset, method.Name, options.Steps - half, first, cancellationToken);
        return (second, firstSeconds + secondSeconds);
    }

    private (string Run, double CpuSeconds) Pretrain(string preset, string name, int steps, string? start, CancellationToken cancellationToken)
    {
        string[] weights = start is null ? [] : [$"backbone.weights={start}", $"head.weights={start}"];
        var settings = Settings(preset, steps, [.. weights, .. options.Overrides]);
        settings = settings with { Data = settings.Data with { Paths = [Path.GetFullPath(data.Pretraining(cancellationToken))] } };
        string folder = Folder(name, start is null ? steps : options.Steps);
        using var loop = new PretrainingLoop(settings, folder, resume: File.Exists(Path.Combine(folder, "config.yaml")));
        var meter = new CpuMeter(folder);
        var outcome = loop.Run(new Reporter<TrainingProgress>(progress =>
        {
            foreach (string warning in progress.Warning?.Split('\n') ?? [])
            {
                say($"{name}: warning at step {progress.Step}: {warning}");
            }

            if (progress.Step % ReportEvery == 0 || progress.Step == progress.TotalSteps)
            {
                meter.Note();
                say(string.Create(CultureInfo.InvariantCulture, $"{name}: step {progress.Step}/{progress.TotalSteps}  loss {progress.Loss:0.000}  {progress.ImagesPerSecond:0} clips/s"));
            }
        }), cancellationToken);
        meter.Note();
        cancellationToken.ThrowIfCancellationRequested();
        return outcome.Completed
            ? (folder, CpuMeter.Read(folder)!.Value)
            : throw new EchoApexException($"The run {folder} stopped after step {outcome.Step} of {steps}: leave run.stop_after_step out.");
    }

    private (string Run, double CpuSeconds) TrainWithLabels(CancellationToken cancellationToken)
    {
        string folder = Folder(CurveMethod.Supervised.Name, options.Steps);
        if (Directory.Exists(folder))
        {
            return (folder, CpuMeter.Read(folder) ?? double.NaN);
        }

        var settings = Settings(DinoPreset, options.Steps, options.Overrides);
        var train = data.Train(cancellationToken);
        using var backbone = UntrainedEncoder.Create(settings.Backbone.ToConfig(settings.Stage, forTeacher: true), settings.Backbone.Initialization, settings.Seed);
        var meter = new CpuMeter(folder);
        int step = 0;
        SupervisedBaseline.Train(
            backbone,
            ClipFolderDataset.Open([.. train.Clips.Select(clip => clip.Path)], settings.Data.Cache),
            train.LabelIndices(train.LabelNames),
            train.LabelNames.Count,
            new SupervisedOptions
            {
                Seed = settings.Seed,
                Augmentation = settings.Augmentation,
                BatchSize = settings.Optimization.BatchSize,
                Steps = options.Steps,
                Workers = settings.Data.Workers,
            },
            new Reporter<double>(loss =>
            {
                if (++step % ReportEvery == 0)
                {
                    say(string.Create(CultureInfo.InvariantCulture, $"supervised: step {step}/{options.Steps}  loss {loss:0.000}"));
                }
            }),
            cancellationToken);
        ModelFolder.Save(folder, backbone, settings.ToPreprocessing(), new ModelInfo
        {
            Name = $"{settings.Backbone.Architecture} trained with labels",
            Training = new Dictionary<string, string>
            {
                ["method"] = "supervised",
                ["steps"] = options.Steps.ToString(CultureInfo.InvariantCulture),
                ["seed"] = settings.Seed.ToString(CultureInfo.InvariantCulture),
                ["initialization"] = Probing.InitializationNames.Of(settings.Backbone.Initialization),
            },
        });
        meter.Note();
        return (folder, CpuMeter.Read(folder)!.Value);
    }

    private PretrainingOptions Settings(string preset, int steps, IEnumerable<string> overrides)
    {
        double warmup = Math.Max(WarmupShare, Math.Min(LargestWarmupShare, LeastWarmupSteps / steps));
        return PretrainingPresets.Load(
            preset,
            [
                string.Create(CultureInfo.InvariantCulture, $"seed={options.Seed}"),
                "optimization.epochs=1",
                string.Create(CultureInfo.InvariantCulture, $"optimization.steps_per_epoch={steps}"),
                string.Create(CultureInfo.InvariantCulture, $"optimization.warmup_epochs={warmup:0.####}"),
                .. overrides,
            ]);
    }

    // Overrides have a label of their own, which keeps their runs apart.
    private string Folder(string name, int steps) => Path.GetFullPath(Path.Combine(
        options.Out, "runs", string.Create(CultureInfo.InvariantCulture, $"{options.LevelName}-{(options.Overrides.Count > 0 ? options.Label + "-" : "")}{name}-seed{options.Seed}-{steps}")));

    private sealed class Reporter<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
