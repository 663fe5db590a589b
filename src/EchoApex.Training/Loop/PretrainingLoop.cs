using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Monitoring;
using EchoApex.Training.SelfDistillation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenCvSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Loop;

/// <summary>
/// Pretrains an encoder with DINO or DINOv2 on clips, into a run folder that can be resumed after any interruption with the numbers
/// of a run that was never interrupted (same number of libtorch threads).
/// </summary>
/// <remarks>
/// OpenCV's own threads are turned off for the process, because the loader's threads already use the cores; and freed
/// memory stays in the process (<see cref="NativeAllocator.KeepFreedMemory"/>).
/// <para>Thread safety: an instance belongs to the thread that made it.</para>
/// </remarks>
public sealed class PretrainingLoop : IDisposable
{
    private readonly PretrainingOptions _options;
    private readonly ClipFolderDataset _data;
    private readonly RunFolder _folder;
    private readonly PretrainingSchedules _schedules;
    private readonly SelfDistillationTrainer _trainer;
    private readonly MultiCrop _augmentation;
    private readonly OnlineProbe? _probe;
    private readonly ILogger _logger;
    private RunState _state;

    /// <summary>Prepares a run: reads the data's list, builds the networks, makes the run folder or restores its last checkpoint.</summary>
    /// <param name="options">The run.</param>
    /// <param name="runFolder">Its folder; new, or with <paramref name="resume"/> an existing one.</param>
    /// <param name="resume">Go on with the run of that folder.</param>
    /// <param name="loggers">Optional loggers.</param>
    /// <exception cref="ConfigurationException">Options are out of range, or differ from those of the run to be resumed.</exception>
    /// <exception cref="DataException">No clip was found.</exception>
    /// <exception cref="CheckpointException">The last checkpoint is damaged or belongs to other data.</exception>
    /// <exception cref="EchoApexException">The folder exists and <paramref name="resume"/> is false.</exception>
    public PretrainingLoop(PretrainingOptions options, string runFolder, bool resume, ILoggerFactory? loggers = null)
        : this(options, runFolder, resume, checkedOptions => ClipFolderDataset.Open(checkedOptions.Data.Paths, checkedOptions.Data.Cache, loggers), loggers)
    {
    }

    internal PretrainingLoop(PretrainingOptions options, string runFolder, bool resume, Func<PretrainingOptions, ClipFolderDataset> open, ILoggerFactory? loggers = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(runFolder);
        OptionsValidator.Validate(options);
        _logger = loggers?.CreateLogger<PretrainingLoop>() ?? (ILogger)NullLogger.Instance;
        _options = options;
        Cv2.SetNumThreads(1);
        NativeAllocator.KeepFreedMemory();
        if (options.Run.Threads is { } threads)
        {
            set_num_threads(threads);
        }

        _data = open(options);
        _schedules = new PretrainingSchedules(options, SamplesPerPass);
        _augmentation = new MultiCrop(options.Augmentation);
        _probe = options.Probe.IsOn ? new OnlineProbe(options.Probe, options.ToPreprocessing()) : null;
        try
        {
            Plan = Describe();
            _folder = resume ? RunFolder.Resume(runFolder, options) : RunFolder.Create(runFolder, options, Comment(Plan));
            _trainer = options.Stage == PretrainingStage.Dinov2 ? new Dinov2Trainer(options, _schedules) : new DinoTrainer(options, _schedules);
            _state = new RunState(0, 0, _data.Count, options.Seed);
            Start(resume);
        }
        catch
        {
            _trainer?.Dispose();
            _probe?.Dispose();
            throw;
        }
    }

    /// <summary>The run in words, to be shown before step 0: data, length, learning-rate rule, targets, and where the recipe leaves the reference.</summary>
    public string Plan { get; }

    /// <summary>Steps already done: 0 for a new run.</summary>
    public long StartStep => _state.Step;

    internal SelfDistillationTrainer Trainer => _trainer;

    private long SamplesPerPass => (long)_data.Count * _options.Data.SamplesPerClip;

    /// <summary>Trains to the end, or until cancelled; then the step at hand is finished and a checkpoint written.</summary>
    /// <param name="progress">Told after every step, on this thread.</param>
    /// <param name="cancellationToken">Ends the run early, resumable.</param>
    /// <exception cref="TrainingDivergedException">A loss or gradient was not finite.</exception>
    public PretrainingOutcome Run(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var metrics = new MetricsWriter(_folder.Metrics, _state.Step);
        var events = _options.Run.TensorBoard ? new TensorBoardWriter(_folder.Events) : null;
        var collapse = CreateCollapseMonitor();
        var instability = new InstabilityMonitor();
        using var loader = CreateLoader();
        using var collections = new CollectionPause();
        var clock = Stopwatch.StartNew();
        long first = _state.Step;
        long last = Math.Min(_schedules.TotalSteps, _options.Run.StopAfterStep ?? long.MaxValue);
        double loss = double.NaN;
        _trainer.Clock.Take();
        _trainer.Clock.Enter(StepPhase.Data);
        while (_state.Step < last && TryNext(loader, cancellationToken) is { } batch)
        {
            _trainer.Clock.Enter(StepPhase.Other);
            collections.Renew();
            bool log = (_state.Step + 1) % _options.Run.LogEvery == 0 || _state.Step + 1 == _schedules.TotalSteps;
            var terms = TrainOn(batch, log);
            loader.Return(batch);
            _state = _state with { Step = _state.Step + 1, SamplerPosition = loader.Position };
            loss = terms["loss"];
            double perSecond = (_state.Step - first) * _options.Optimization.BatchSize / clock.Elapsed.TotalSeconds;
            var probed = Probe(clock);
            if (log || probed.Count > 0)
            {
                Log(log ? terms : null, probed, metrics, events, perSecond);
            }

            string? warning = Warn([.. instability.Observe(loss, terms["gradient_norm"]), .. log ? collapse.Observe(_state.Step, terms) : []]);
            progress?.Report(ProgressOf(terms, log, warning, perSecond));
            if (_state.Step % _options.Run.CheckpointEvery == 0)
            {
                _folder.WriteCheckpoint(_state, _trainer, _options.Run.KeepCheckpoints);
            }

            _trainer.Clock.Enter(StepPhase.Data);
        }

        string checkpoint = _folder.WriteCheckpoint(_state, _trainer, _options.Run.KeepCheckpoints);
        ExportModel();
        return new PretrainingOutcome(_state.Step >= _schedules.TotalSteps, _state.Step, loss, checkpoint, _folder.Model, _data.Skipped);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trainer.Dispose();
        _probe?.Dispose();
    }

    private IReadOnlyDictionary<string, double> TrainOn(MultiCropBatch batch, bool diagnostics)
    {
        _trainer.Clock.Enter(StepPhase.Data);
        using var globals_BCHW = batch.GlobalsToTensor();
        using var locals_BCHW = batch.LocalsToTensor();
        _trainer.Clock.Enter(StepPhase.Other);
        var result = _trainer.Step(_state.Step, globals_BCHW, locals_BCHW, diagnostics);
        if (!result.IsFinite)
        {
            var samples = batch.Draws.Select(draw => _data.PathOf(ClipOf(draw)));
            string capture = _folder.Capture(_options, _state, _trainer, globals_BCHW, locals_BCHW, result.Terms, samples);
            throw new TrainingDivergedException(_state.Step + 1, result.Terms, capture);
        }

        return result.Terms;
    }

    private PrefetchingLoader<MultiCropBatch> CreateLoader() => new(
        new EpochSampler(SamplesPerPass, _options.Seed, _state.SamplerPosition),
        _options.Optimization.BatchSize,
        () => new MultiCropBatch(_options.Augmentation, _options.Optimization.BatchSize),
        Fill,
        _options.Data.Workers,
        _options.Data.PrefetchBatches);

    // Runs on the loader's threads. All random numbers of a sample follow from (seed, pass, place in the pass).
    private void Fill(SampleDraw draw, MultiCropBatch batch, int slot)
    {
        var random = RandomStream.For(_options.Seed, "augmentation", draw.Epoch, draw.Index);
        var frames = _data.Read(ClipOf(draw));
        int first = random.NextInt32(frames.FrameCount);
        int second = frames.FrameCount == 1 ? first : (first + 1 + random.NextInt32(frames.FrameCount - 1)) % frames.FrameCount;
        batch.Draws[slot] = draw;
        _augmentation.WriteViews(frames[first], frames[second], random, batch, slot);
    }

    private int ClipOf(SampleDraw draw) => (int)(draw.Sample % _data.Count);

    private static MultiCropBatch? TryNext(PrefetchingLoader<MultiCropBatch> loader, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return loader.Next(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private CollapseMonitor CreateCollapseMonitor() => new(
        _options.Head.Prototypes,
        _options.Ibot.SeparateHead ? _options.Ibot.Head.Prototypes : 0,
        (long)(_options.Optimization.WarmupEpochs * _schedules.StepsPerEpoch));

    // Without terms the line holds what the probe says alone.
    private void Log(IReadOnlyDictionary<string, double>? terms, Dictionary<string, double> probed, MetricsWriter metrics, TensorBoardWriter? events, double perSecond)
    {
        var values = probed;
        if (terms is not null)
        {
            values = new Dictionary<string, double>(terms.Concat(probed).Concat(_trainer.Clock.Take()))
            {
                ["epoch"] = _schedules.EpochOf(_state.Step - 1),
                ["images_per_second"] = Math.Round(perSecond, 2),
                ["live_tensors"] = DisposeScopeManager.Statistics.ThreadTotalLiveCount,
                ["skipped_clips"] = _data.Skipped.Count,
                ["memory_mib"] = Math.Round(Environment.WorkingSet / (double)(1 << 20), 1),
            };
        }

        metrics.Write(_state.Step, values);
        events?.Write(_state.Step, values);
    }

    private string? Warn(IReadOnlyList<string> warnings)
    {
        foreach (string warning in warnings)
        {
            _logger.LogWarning("Step {Step}: {Warning}", _state.Step, warning);
        }

        return warnings.Count == 0 ? null : string.Join('\n', warnings);
    }

    // The clock stands still meanwhile: images_per_second is the speed of training, the probe's time a metric of its own.
    private Dictionary<string, double> Probe(Stopwatch clock)
    {
        if (_probe is null || (_state.Step % _options.Probe.Every != 0 && _state.Step != _schedules.TotalSteps))
        {
            return [];
        }

        clock.Stop();
        _trainer.Clock.Enter(StepPhase.Other);
        var (accuracy, seconds) = _probe.Measure(_trainer.TeacherBackbone);
        clock.Start();
        return new Dictionary<string, double> { ["knn_accuracy"] = accuracy, ["probe_seconds"] = Math.Round(seconds, 3) };
    }

    private TrainingProgress ProgressOf(IReadOnlyDictionary<string, double> terms, bool log, string? warning, double perSecond) => new()
    {
        Step = _state.Step,
        TotalSteps = _schedules.TotalSteps,
        Epoch = _schedules.EpochOf(_state.Step - 1),
        Loss = terms["loss"],
        LearningRate = terms["learning_rate"],
        ImagesPerSecond = perSecond,
        Remaining = TimeSpan.FromSeconds((_schedules.TotalSteps - _state.Step) * _options.Optimization.BatchSize / Math.Max(perSecond, 1e-6)),
        LiveTensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount,
        SkippedClips = _data.Skipped.Count,
        Metrics = log ? terms : null,
        Warning = warning,
    };

    private void Start(bool resume)
    {
        if (resume && _folder.LatestCheckpoint() is { } checkpoint)
        {
            Restore(checkpoint);
        }
        else
        {
            _trainer.LoadStartingWeights();
        }
    }

    private void Restore(string checkpoint)
    {
        var state = RunFolder.ReadCheckpoint(checkpoint, _trainer);
        if (state.Clips != _data.Count)
        {
            throw new CheckpointException(checkpoint, $"the run was started with {state.Clips} clips, now {_data.Count} are found. Resume with the same data.");
        }

        _state = state;
        _logger.LogInformation("Resumed from {Checkpoint}", checkpoint);
    }

    // The teacher's encoder with the preprocessing that the global crops had.
    private void ExportModel()
    {
        var culture = CultureInfo.InvariantCulture;
        var info = new ModelInfo
        {
            Name = $"{_options.Backbone.Architecture} pretrained with {Method}",
            Training = new Dictionary<string, string>
            {
                ["method"] = _options.Stage == PretrainingStage.Dinov2 ? Method : "DINO v1",
                ["steps"] = _state.Step.ToString(culture),
                ["steps_planned"] = _schedules.TotalSteps.ToString(culture),
                ["batch_size"] = _options.Optimization.BatchSize.ToString(culture),
                ["clips"] = _data.Count.ToString(culture),
                ["targets"] = ConfigurationWriter.Flatten(_options.Targets)["kind"],
                ["seed"] = _options.Seed.ToString(culture),
                ["initialization"] = ConfigurationWriter.Flatten(_options.Backbone)["initialization"],
            },
        };
        _folder.ReplaceModel(model => ModelFolder.Save(model, _trainer.TeacherBackbone, _options.ToPreprocessing(), info));
    }

    private string Method => _options.Stage == PretrainingStage.Dinov2 ? "DINOv2" : "DINO";

    private string Describe()
    {
        var culture = CultureInfo.InvariantCulture;
        var lines = new List<string>
        {
            string.Create(culture, $"data: {_data.Count} clips x {_options.Data.SamplesPerClip} = {SamplesPerPass} samples a pass"),
            string.Create(culture, $"length: {_options.Optimization.Epochs} epochs of {_schedules.StepsPerEpoch} steps = {_schedules.TotalSteps} steps of {_options.Optimization.BatchSize} samples"),
            _schedules.DescribeLearningRate(),
            string.Create(culture, $"targets: {ConfigurationWriter.Flatten(_options.Targets)["kind"]}, teacher temperature {_options.Targets.WarmupTeacherTemperature} to {_options.Targets.TeacherTemperature} over {_options.Targets.TeacherTemperatureWarmupEpochs} epochs, KoLeo weight {_options.Targets.KoleoWeight}"),
        };
        if (_options.Stage == PretrainingStage.Dinov2)
        {
            var ibot = _options.Ibot;
            lines.Add(string.Create(culture, $"method: DINOv2, loss = {_options.Targets.DinoWeight} x cls + {ibot.Weight} x hidden patches ({(ibot.SeparateHead ? "own" : "shared")} head) + {_options.Targets.KoleoWeight} x KoLeo; masks on {ibot.Masks.MaskedShare:0.##%} of the global crops, {ibot.Masks.MinimumRatio:0.##%} to {ibot.Masks.MaximumRatio:0.##%} of their patches; layer decay {_options.Optimization.LayerDecay}, patch embedding x {_options.Optimization.PatchEmbedMultiplier}"));
        }

        if (_probe is not null)
        {
            lines.Add(string.Create(culture, $"probe: every {_options.Probe.Every} steps {_probe.Frames.Test} frames of {_options.Probe.Test} are looked up among {_probe.Frames.Train} frames of {_options.Probe.Train}, {_options.Probe.Neighbours} neighbours{(_probe.Skipped.Count > 0 ? $"; {_probe.Skipped.Count} clips could not be read, the first is {_probe.Skipped[0].Path}: {_probe.Skipped[0].Reason}" : "")}"));
        }

        if (_options.Backbone.Weights is { } weights)
        {
            lines.Add($"start: encoder from {weights}{(_options.Head.Weights is { } head ? $", head from {head}" : ", fresh head")}");
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Comment(string text) =>
        string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => "# " + line + "\n"));
}
