using System.Globalization;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;

namespace EchoApex.Cli.TaskTable;

/// <summary>Phantoms and encoders of the table, each made once and found again by its name.</summary>
internal sealed class TaskTableData(TaskTableOptions options, Action<string> say)
{
    private const string Preset = "curve-cpu-dino";
    private const int Frame = 112;

    /// <summary>The pretrained encoder's model folder.</summary>
    public string Pretrained(CancellationToken cancellationToken)
    {
        string run = options.Encoder ?? Path.Combine(options.Out, "pretraining");
        string model = Path.Combine(run, "model");
        if (Directory.Exists(model))
        {
            return model;
        }

        if (options.Encoder is not null)
        {
            return Directory.Exists(run) ? run : throw new ConfigurationException("command line", $"--encoder names '{run}', which does not exist.");
        }

        string clips = Make("pretraining", seed: 5000, options.Scaled(6000, 24), frames: 4, truth: false, null, cancellationToken);
        string steps = options.Scaled(16200, 4).ToString(CultureInfo.InvariantCulture);
        var settings = PretrainingPresets.Load(Preset, [$"optimization.steps_per_epoch={steps}", "run.threads=2"], section: null);
        settings = settings with { Data = settings.Data with { Paths = [Path.GetFullPath(Path.Combine(clips, "dicom"))] } };
        using var loop = new PretrainingLoop(settings, run, resume: File.Exists(Path.Combine(run, "config.yaml")));
        loop.Run(new Reporter(say), cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return model;
    }

    /// <summary>A model folder of the same encoder with the random weights of a seed.</summary>
    public string Untrained(string pretrained, int seed)
    {
        string folder = Path.Combine(options.Out, "encoders", $"untrained-{seed}");
        if (!Directory.Exists(folder))
        {
            using var model = ModelFolder.Load(pretrained);
            using var encoder = UntrainedEncoder.Create(model.Backbone.Config, BackboneInitializationKind.FanIn, (ulong)seed);
            ModelFolder.Save(folder, encoder, model.Preprocessing, model.Info with { Name = "untrained", Created = null });
        }

        return folder;
    }

    /// <summary>A model folder of a small ResNet with random weights: the specialist for views.</summary>
    public string Cnn(int seed)
    {
        string folder = Path.Combine(options.Out, "encoders", $"cnn-{seed}");
        if (!Directory.Exists(folder))
        {
            var config = new Core.Backbones.BackboneConfig { Family = "resnet", Architecture = "resnet_custom", ImageSize = 96, PatchSize = 32, MaskToken = false, EmbedDim = 512, Depth = 1 };
            using var encoder = UntrainedEncoder.Create(config, BackboneInitializationKind.Reference, (ulong)seed);
            ModelFolder.Save(folder, encoder, new Preprocessing { ImageSize = 96, Normalization = Normalization.Image }, new ModelInfo { Name = "plain CNN" });
        }

        return folder;
    }

    /// <summary>The labelled clips of a task and a seed; train, validation and test are splits of it.</summary>
    public AnnotatedClipSet Labelled(string task, int seed, CancellationToken cancellationToken)
    {
        ulong own = 6000 + (10 * (ulong)seed);
        return PhantomClipSet.Read(task switch
        {
            "measure" => Make($"plax-{seed}", own + 1, options.Scaled(600, 20), frames: 8, truth: true, [PhantomView.PLAX], cancellationToken),
            "ef" => Make($"apical-{seed}", own + 2, options.Scaled(900, 20), frames: 16, truth: true, [PhantomView.A4C], cancellationToken),
            _ => Make($"all-views-{seed}", own, options.Scaled(900, 40), frames: 6, truth: true, null, cancellationToken),
        });
    }

    private string Make(string name, ulong seed, int count, int frames, bool truth, IReadOnlyList<PhantomView>? views, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(options.Out, "data", name);
        if (!Directory.Exists(folder))
        {
            say($"making {count} phantoms in {folder}");
            var clip = new PhantomOptions { ImageSize = Frame, Frames = frames, Difficulty = options.Difficulty };
            PhantomSetWriter.Write(
                folder,
                new PhantomSetOptions { Count = count, Seed = seed, Avi = false, Truth = truth, Clip = views is null ? clip : clip with { Views = views } },
                cancellationToken: cancellationToken);
        }

        return folder;
    }

    private sealed class Reporter(Action<string> say) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step % 500 == 0)
            {
                say(string.Create(CultureInfo.InvariantCulture, $"pretraining: step {value.Step}/{value.TotalSteps}  loss {value.Loss:0.000}"));
            }
        }
    }
}
