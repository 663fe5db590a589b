using System.Globalization;
using EchoApex.Core.Backbones;
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
    private const int PretrainingSteps = 22000;

    private bool _finished;

    /// <summary>Steps of the table's own pretraining.</summary>
    public static int StepsOf(TaskTableOptions options) => options.Scaled(PretrainingSteps, 4);

    /// <summary>Whether the pretrained encoder is there already; that of a run which was stopped on its way is not.</summary>
    public bool HasPretrained => options.Encoder is not null || (_finished = _finished || IsFinished());

    // The run's own model, or the folder that was named itself.
    private string Model => Path.Combine(Run, "model");

    private string Run => options.Encoder ?? Path.Combine(options.Out, "pretraining");

    /// <summary>The pretrained encoder's model folder.</summary>
    /// <exception cref="ConfigurationException">The encoder that was named does not exist.</exception>
    /// <exception cref="EchoApexException">The table's own was not made yet.</exception>
    public string Pretrained() =>
        options.Encoder is null && !HasPretrained ? throw new EchoApexException($"{Model} is not finished: the table's encoder was not pretrained yet.")
        : Directory.Exists(Model) ? Model
        : Directory.Exists(Run) ? Run
        : throw new ConfigurationException("command line", $"--encoder names '{Run}', which does not exist.");

    /// <summary>Pretrains the table's own encoder, or goes on with it. One thread, so that the weights do not depend on the machine's cores.</summary>
    public void Pretrain(CancellationToken cancellationToken)
    {
        string clips = Make("pretraining", seed: 5000, options.Scaled(6000, 24), frames: 4, truth: false, null, cancellationToken);
        var settings = PretrainingSettings();
        settings = settings with { Data = settings.Data with { Paths = [Path.GetFullPath(Path.Combine(clips, "dicom"))] } };
        using var loop = new PretrainingLoop(settings, Run, resume: File.Exists(Path.Combine(Run, "config.yaml")));
        loop.Run(new Reporter(say), cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>A model folder of the same encoder with the random weights of a seed.</summary>
    public string Untrained(int seed)
    {
        string folder = Path.Combine(options.Out, "encoders", $"untrained-{seed}");
        if (!Directory.Exists(folder))
        {
            var (config, preprocessing, info) = Shape();
            using var encoder = UntrainedEncoder.Create(config, BackboneInitializationKind.FanIn, (ulong)seed);
            ModelFolder.Save(folder, encoder, preprocessing, info with { Name = "untrained", Created = null });
        }

        return folder;
    }

    /// <summary>A model folder of a small ResNet with random weights: the specialist for views.</summary>
    public string Cnn(int seed)
    {
        string folder = Path.Combine(options.Out, "encoders", $"cnn-{seed}");
        if (!Directory.Exists(folder))
        {
            var config = new BackboneConfig { Family = "resnet", Architecture = "resnet_custom", ImageSize = 96, PatchSize = 32, MaskToken = false, EmbedDim = 512, Depth = 1 };
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

    private int Steps => StepsOf(options);

    // A run that is stopped saves the model that it has.
    private bool IsFinished()
    {
        if (!Directory.Exists(Model))
        {
            return false;
        }

        using var model = ModelFolder.Load(Model);
        string? planned = model.Info.Training.GetValueOrDefault("steps_planned");
        return planned is not null && planned != Steps.ToString(CultureInfo.InvariantCulture)
            ? throw new ConfigurationException("command line", $"{Model} was pretrained for {planned} steps; this version takes {Steps}. Take another --out, or name that run with --encoder.")
            : model.Info.Training.TryGetValue("steps", out string? steps) && steps == planned;
    }

    // What the table's own encoder will be is known before it is made: rows of random starts need not wait for it.
    private (BackboneConfig Config, Preprocessing Preprocessing, ModelInfo Info) Shape()
    {
        if (options.Encoder is null)
        {
            var settings = PretrainingSettings();
            return (settings.Backbone.ToConfig(settings.Stage, forTeacher: true), settings.ToPreprocessing(), new ModelInfo { Name = "untrained" });
        }

        using var model = ModelFolder.Load(Pretrained());
        return (model.Backbone.Config, model.Preprocessing, model.Info);
    }

    // As the long row of docs/learning-curves.md: a run of an hour wants a slower teacher and a lower rate than one of minutes.
    private PretrainingOptions PretrainingSettings() => PretrainingPresets.Load(
        Preset,
        [string.Create(CultureInfo.InvariantCulture, $"optimization.steps_per_epoch={Steps}"), "optimization.teacher_momentum=0.996", "optimization.learning_rate=1.5e-3", "run.threads=1", $"precision={(options.Precision == Precision.Bf16 ? "bf16" : "fp32")}"],
        section: null);

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
