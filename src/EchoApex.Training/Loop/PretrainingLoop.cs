using System.Diagnostics;
using System.Globalization;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Distributed;
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
/// memory stays in the process (<see cref="NativeAllocator.KeepFreedMemory"/>) until the next checkpoint.
/// <para>
/// With several processes all make this object and call <see cref="Run"/> with the same options. The batch size is that of
/// all together; process 0 writes the run folder, which all must reach; numbers are those of one process but for the order
/// of sums, stochastic depth and, unless gathered, KoLeo. A run may be resumed with another number of processes.
/// </para>
/// <para>Thread safety: an instance belongs to the thread that made it.</para>
/// </remarks>
public sealed class PretrainingLoop : IDisposable
{
    private readonly PretrainingOptions _options;
    private readonly IFrameSource _data;
    private readonly SharedRun _run;
    private readonly PretrainingSchedules _schedules;
    private readonly SelfDistillationTrainer _trainer;
    private readonly MultiCrop _augmentation;
    private readonly OnlineProbe? _probe;
    private readonly ILogger _logger;
    private readonly ProcessGroup _group;
    private readonly bool _ownsGroup;
    private RunState _state;

    /// <summary>Prepares a run: reads the data's list, builds the networks, makes the run folder or restores its last checkpoint.</summary>
    /// <param name="options">The run.</param>
    /// <param name="runFolder">Its folder; new, or with <paramref name="resume"/> an existing one.</param>
    /// <param name="resume">Go on with the run of that folder.</param>
    /// <param name="loggers">Optional loggers.</param>
    /// <param name="group">All processes of the run, which stay the caller's; null for this one alone.</param>
    /// <exception cref="ConfigurationException">Options are out of range, differ from those of the run to be resumed, or from process to process.</exception>
    /// <exception cref="DataException">No clip was found.</exception>
    /// <exception cref="CheckpointException">The last checkpoint is damaged or belongs to other data.</exception>
    /// <exception cref="EchoApexException">The folder exists and <paramref name="resume"/> is false.</exception>
    public PretrainingLoop(PretrainingOptions options, string runFolder, bool resume, ILoggerFactory? loggers = null, ProcessGroup? group = null)
        : this(options, runFolder, resume, checkedOptions => PretrainingData.Open(checkedOptions, loggers), loggers, group)
    {
    }

    internal PretrainingLoop(
        PretrainingOptions options, string runFolder, bool resume, Func<PretrainingOptions, IFrameSource> open, ILoggerFactory? loggers = null, ProcessGroup? group = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(runFolder);
        OptionsValidator.Validate(options);
        _ownsGroup = group is null;
        _group = group ?? ProcessGroup.Single(options.Run.Device);
        options.RequireShares(Processes.WorldSize);
        _logger = loggers?.CreateLogger<PretrainingLoop>() ?? (ILogger)NullLogger.Instance;
        _options = options;
        Cv2.SetNumThreads(1);
        NativeAllocator.KeepFreedMemory();
        if ((options.Run.Threads ?? (Processes.WorldSize > 1 ? _group.FairThreads : null)) is { } threads)
        {
            set_num_threads(threads);
        }

        _data = open(options);
        _schedules = new PretrainingSchedules(options, SamplesPerPass);
        _augmentation = new MultiCrop(options.Augmentation);
        _probe = options.Probe.IsOn ? new OnlineProbe(options.Probe, options.ToPreprocessing()) : null;
        try
        {
            Plan = RunPlan.Describe(options, _schedules, _data, _probe, _group);
            _run = new SharedRun(_group, options, runFolder, resume, _data, RunPlan.Comment(Plan));
            _trainer = options.Stage == PretrainingStage.Dinov2
                ? new Dinov2Trainer(options, _schedules, Processes, _group.Device)
                : new DinoTrainer(options, _schedules, Processes, _group.Device);
            _state = new RunState(0, 0, checked((int)_data.UnitCount), options.Seed, _data.Fingerprint);
            Start(resume);
        }
        catch (Exception error)
        {
            _run?.Fail(error.Message);
            Dispose();
            throw;
        }
    }

    private ICollective Processes => _group.Collective;

    private bool IsFirst => Processes.Rank == 0;

    /// <summary>The run in words, to be shown before step 0: data, length, learning-rate rule, targets, and where the recipe leaves the reference.</summary>
    public string Plan { get; }

    /// <summary>Steps already done: 0 for a new run.</summary>
    public long StartStep => _state.Step;

    internal SelfDistillationTrainer Trainer => _trainer;

    private long SamplesPerPass => _data.UnitCount * _options.Data.SamplesPerClip;

    /// <summary>Trains to the end, or until cancelled; then the step at hand is finished and a checkpoint written.</summary>
    /// <param name="progress">Told after every step, on this thread.</param>
    /// <param name="cancellationToken">Ends the run early, resumable.</param>
    /// <exception cref="TrainingDivergedException">A loss or gradient was not finite.</exception>
    /// <exception cref="CollectiveException">With several processes: another one is gone, has failed, or does not come.</exception>
    public PretrainingOutcome Run(IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return Train(progress, cancellationToken);
        }
        catch (Exception error)
        {
            _run.Fail(error.Message);
            throw;
        }
    }

    private PretrainingOutcome Train(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        using var metrics = IsFirst ? new MetricsWriter(_run.Folder.Metrics, _state.Step) : null;
        var events = _options.Run.TensorBoard && IsFirst ? new TensorBoardWriter(_run.Folder.Events) : null;
        var collapse = CreateCollapseMonitor();
        var instability = new InstabilityMonitor();
        using var loader = CreateLoader();
        var loaded = new LoaderShares();
        using var collections = new CollectionPause();
        var clock = Stopwatch.StartNew();
        long first = _state.Step;
        long last = Math.Min(_schedules.TotalSteps, _options.Run.StopAfterStep ?? long.MaxValue);
        double loss = double.NaN;
        _trainer.Clock.Take();
        _trainer.Clock.Enter(StepPhase.Data);
        bool stop = false;
        while (_state.Step < last && !stop && TryNext(loader, Processes.WorldSize == 1 ? cancellationToken : CancellationToken.None) is { } batch)
        {
            _trainer.Clock.Enter(StepPhase.Other);
            collections.Renew();
            bool log = (_state.Step + 1) % _options.Run.LogEvery == 0 || _state.Step + 1 == _schedules.TotalSteps;
            var terms = TrainOn(batch, log);
            loader.Return(batch);
            _state = _state with { Step = _state.Step + 1, SamplerPosition = loader.Position };
            (loss, stop) = ProcessTerms.Agree(Processes, terms["loss"], cancellationToken.IsCancellationRequested, _group.Device);
            double perSecond = (_state.Step - first) * _options.Optimization.BatchSize / clock.Elapsed.TotalSeconds;
            terms = log ? ProcessTerms.Merge(Processes, terms, _group.Device) : terms;
            var probed = Probe(clock);
            if (log || probed.Count > 0)
            {
                Log(log ? terms : null, probed, loaded, loader.Statistics, metrics, events, perSecond);
            }

            string? warning = Warn([.. instability.Observe(loss, terms["gradient_norm"]), .. log ? collapse.Observe(_state.Step, terms) : []]);
            progress?.Report(ProgressOf(loss, terms, log, warning, perSecond));
            if (_state.Step % _options.Run.CheckpointEvery == 0)
            {
                _run.WriteCheckpoint(_state, _trainer);

                // Keeps a run of days at one size; see there.
                NativeAllocator.ReleaseFreedMemory();
            }

            _trainer.Clock.Enter(StepPhase.Data);
        }

        string checkpoint = _run.WriteCheckpoint(_state, _trainer);
        if (IsFirst)
        {
            ExportModel();
        }

        NativeAllocator.ReleaseFreedMemory();
        Processes.Barrier();
        return new PretrainingOutcome(_state.Step >= _schedules.TotalSteps, _state.Step, loss, checkpoint, _run.Folder.Model, _data.Skipped);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _run?.Dispose();
        _trainer?.Dispose();
        _probe?.Dispose();
        if (_ownsGroup)
        {
            _group?.Dispose();
        }
        (_data as IDisposable)?.Dispose();
    }

    private IReadOnlyDictionary<string, double> TrainOn(MultiCropBatch batch, bool diagnostics)
    {
        _trainer.Clock.Enter(StepPhase.Data);
        using var globals_BCHW = batch.GlobalsToTensor(_group.Device);
        using var locals_BCHW = batch.LocalsToTensor(_group.Device);
        _trainer.Clock.Enter(StepPhase.Other);
        var result = _trainer.Step(_state.Step, globals_BCHW, locals_BCHW, diagnostics);
        if (!result.IsFinite)
        {
            var samples = batch.Draws.Select(draw => _data.NameOf(UnitOf(draw), VisitOf(draw)));
            string capture = _run.Capture(_state, _trainer, globals_BCHW, locals_BCHW, result.Terms, samples);
            throw new TrainingDivergedException(_state.Step + 1, result.Terms, capture);
        }

        return result.Terms;
    }

    private PrefetchingLoader<MultiCropBatch> CreateLoader()
    {
        // Process r takes the r-th part of each batch, in the order of a single process.
        int share = _options.Optimization.BatchSize / Processes.WorldSize;
        return new(
            new EpochSampler(SamplesPerPass, _options.Seed, _state.SamplerPosition),
            _options.Optimization.BatchSize,
            () => new MultiCropBatch(_options.Augmentation, share),
            Fill,
            _options.Data.Workers,
            _options.Data.PrefetchBatches,
            (Processes.Rank * share, share));
    }

    // Runs on the loader's threads. All random numbers of a sample follow from (seed, pass, place in the pass).
    private void Fill(SampleDraw draw, MultiCropBatch batch, int slot, LoaderWorker worker)
    {
        var random = RandomStream.For(_options.Seed, "augmentation", draw.Epoch, draw.Index);
        var frames = _data.Read(UnitOf(draw), VisitOf(draw), random, _options.Augmentation.TwoFrames, worker);
        batch.Draws[slot] = draw;
        _augmentation.WriteViews(frames.First, frames.Second, random, batch, slot);
    }

    private long UnitOf(SampleDraw draw) => draw.Sample % _data.UnitCount;

    private long VisitOf(SampleDraw draw) => (draw.Epoch * _options.Data.SamplesPerClip) + (draw.Sample / _data.UnitCount);

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
    private void Log(IReadOnlyDictionary<string, double>? terms, Dictionary<string, double> probed, LoaderShares loaded, IReadOnlyList<LoaderStatistics> workers, MetricsWriter? metrics, TensorBoardWriter? events, double perSecond)
    {
        var values = probed;
        if (terms is not null)
        {
            values = new Dictionary<string, double>(terms.Concat(probed).Concat(_trainer.Clock.Take()).Concat(loaded.Take(workers)))
            {
                ["epoch"] = _schedules.EpochOf(_state.Step - 1),
                ["images_per_second"] = Math.Round(perSecond, 2),
                ["live_tensors"] = DisposeScopeManager.Statistics.ThreadTotalLiveCount,
                ["skipped_clips"] = _data.Skipped.Count,
                ["memory_mib"] = Math.Round(Environment.WorkingSet / (double)(1 << 20), 1),
            };
        }

        metrics?.Write(_state.Step, values);
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
        if (_probe is null || !IsFirst || (_state.Step % _options.Probe.Every != 0 && _state.Step != _schedules.TotalSteps))
        {
            return [];
        }

        clock.Stop();
        _trainer.Clock.Enter(StepPhase.Other);
        var (accuracy, seconds) = _probe.Measure(_trainer.TeacherBackbone);
        clock.Start();
        return new Dictionary<string, double> { ["knn_accuracy"] = accuracy, ["probe_seconds"] = Math.Round(seconds, 3) };
    }

    private TrainingProgress ProgressOf(double loss, IReadOnlyDictionary<string, double> terms, bool log, string? warning, double perSecond) => new()
    {
        Step = _state.Step,
        TotalSteps = _schedules.TotalSteps,
        Epoch = _schedules.EpochOf(_state.Step - 1),
        Loss = loss,
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
        if (resume && _run.Folder.LatestCheckpoint() is { } checkpoint)
        {
            Restore(checkpoint);
        }
        else
        {
            _trainer.LoadStartingWeights();
        }

        _run.RequireEqual(_trainer, $"at the start, step {_state.Step}");
    }

    private void Restore(string checkpoint)
    {
        var state = RunFolder.ReadCheckpoint(checkpoint, _trainer);
        if (state.Clips != _data.UnitCount)
        {
            throw new CheckpointException(checkpoint, $"the run was started with {state.Clips} {_data.UnitName}, now {_data.UnitCount} are found. Resume with the same data.");
        }

        if (state.Data != _data.Fingerprint)
        {
            throw new CheckpointException(checkpoint, $"the run was started with the data {state.Data ?? "of folders of clips"}, now it is {_data.Fingerprint ?? "folders of clips"}. Resume with the same data.");
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
                [_data.UnitName] = _data.UnitCount.ToString(culture),
                ["targets"] = ConfigurationWriter.Flatten(_options.Targets)["kind"],
                ["seed"] = _options.Seed.ToString(culture),
                ["initialization"] = ConfigurationWriter.Flatten(_options.Backbone)["initialization"],
            },
        };
        _run.Folder.ReplaceModel(model => ModelFolder.Save(model, _trainer.TeacherBackbone, _options.ToPreprocessing(), info));
    }

    private string Method => _options.Stage == PretrainingStage.Dinov2 ? "DINOv2" : "DINO";
}
