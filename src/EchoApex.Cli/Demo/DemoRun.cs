using System.Diagnostics;
using System.Globalization;
using EchoApex.Cli.Probing;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets;
using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;
using EchoApex.Heads.Evaluation;
using EchoApex.Training.Baselines;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;

namespace EchoApex.Cli.Demo;

/// <summary>
/// The demonstration: phantoms to disk and back, DINO pretraining, and an honest comparison on phantoms that no encoder
/// has seen. Every repetition draws new phantoms, weights and batches.
/// </summary>
internal sealed class DemoRun(DemoOptions options, Action<string> say)
{
    public const string Pixels = PixelFrameEncoder.RowName;
    public const string Untrained = "untrained encoder";
    public const string Pretrained = "pretrained encoder (DINO, no labels)";
    public const string Supervised = "same encoder trained with labels";

    public IReadOnlyList<DemoRepetition> Run(CancellationToken cancellationToken) =>
        [.. Enumerable.Range(0, options.Seeds).Select(seed => Repeat(seed, cancellationToken))];

    private DemoRepetition Repeat(int seed, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(options.Out, $"seed-{seed}");
        var clock = Stopwatch.StartNew();
        ulong phantoms = 1000 * ((ulong)seed + 1);
        var train = DemoSet.Create(Path.Combine(folder, "train"), options.TrainClips, phantoms, options, cancellationToken);
        var test = DemoSet.Create(Path.Combine(folder, "test"), options.TestClips, phantoms + 500, options, cancellationToken);
        say(Text($"seed {seed}: {train.Clips.Count} training and {test.Clips.Count} held-out phantoms as DICOM and AVI in {Lap(clock):0} s"));

        var settings = PretrainingPresets.Load("demo-cpu", [$"seed={seed}", .. options.Overrides]);
        settings = settings with { Data = settings.Data with { Paths = [Path.Combine(folder, "train")] } };
        string untrainedFolder = Pretrain(settings with { Run = settings.Run with { StopAfterStep = 0, TensorBoard = false } }, Path.Combine(folder, "untrained"), seed, cancellationToken);
        using var untrained = Embedder.Load(untrainedFolder);
        clock.Restart();
        string run = Path.Combine(folder, "pretrain");
        string pretrainedFolder = Pretrain(settings, run, seed, cancellationToken);
        double pretrainingSeconds = Lap(clock);
        using var pretrained = Embedder.Load(pretrainedFolder);
        using var supervisedModel = ModelFolder.Load(untrainedFolder);
        clock.Restart();
        TrainWithLabels(supervisedModel, settings, train, seed, cancellationToken);
        double supervisedSeconds = Lap(clock);
        using var supervised = new Embedder(supervisedModel.Backbone, supervisedModel.Preprocessing);

        clock.Restart();
        var request = new ProbeRequest
        {
            Train = train,
            Test = test,
            LabelNames = DemoSet.ViewNames,
            FramesPerClip = options.ProbeFrames,
            Pixels = true,
            Options = new EncoderProbeOptions { Seed = (ulong)seed },
        };
        var outcome = ProbeRun.Run(request, [(Untrained, untrained), (Pretrained, pretrained), (Supervised, supervised)], cancellationToken);
        foreach (var score in outcome.Scores)
        {
            say(Text($"seed {seed}: {score.Name,-38} k-NN {ProbeTable.Percent(score.Knn.Accuracy)} %  linear {ProbeTable.Percent(score.Linear.Accuracy)} %"));
        }

        say(Text($"seed {seed}: probes in {Lap(clock):0} s"));
        return new DemoRepetition(
            seed,
            outcome.Scores,
            run,
            pretrainingSeconds,
            supervisedSeconds,
            test,
            Features(outcome.Test, Untrained),
            Features(outcome.Test, Pretrained),
            Features(outcome.Train, Pretrained));
    }

    private string Pretrain(PretrainingOptions settings, string run, int seed, CancellationToken cancellationToken)
    {
        using var loop = new PretrainingLoop(settings, run, resume: false);
        var progress = new StepProgress<TrainingProgress>(step =>
        {
            if (step.Step % 50 == 0)
            {
                say(Text($"seed {seed}: step {step.Step}/{step.TotalSteps}  loss {step.Loss:0.000}  {step.ImagesPerSecond:0} images/s"));
            }
        });
        var outcome = loop.Run(progress, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return outcome.Model;
    }

    private void TrainWithLabels(LoadedModel model, PretrainingOptions settings, LabelledClipList train, int seed, CancellationToken cancellationToken)
    {
        var data = ClipFolderDataset.Open([.. train.Clips.Select(clip => clip.Path)], settings.Data.Cache);
        var recipe = new SupervisedOptions
        {
            Seed = (ulong)seed,
            Augmentation = settings.Augmentation,
            Steps = options.SupervisedSteps,
            Workers = settings.Data.Workers,
        };
        int step = 0;
        var progress = new StepProgress<double>(loss =>
        {
            if (++step % 100 == 0)
            {
                say(Text($"seed {seed}: with labels, step {step}/{recipe.Steps}  loss {loss:0.000}"));
            }
        });
        SupervisedBaseline.Train(model.Backbone, data, train.LabelIndices(DemoSet.ViewNames), DemoSet.ViewNames.Count, recipe, progress, cancellationToken);
    }

    private static FeatureTable Features(IReadOnlyList<EncoderFeatures> features, string name) => features.Single(entry => entry.Name == name).Cls;

    private static double Lap(Stopwatch clock)
    {
        double seconds = clock.Elapsed.TotalSeconds;
        clock.Restart();
        return seconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Progress<T> hops to another thread; the reports are wanted in order, on this one.
    private sealed class StepProgress<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
