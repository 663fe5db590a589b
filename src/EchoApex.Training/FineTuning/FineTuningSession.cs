using System.Diagnostics;
using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.Schedules;
using static TorchSharp.torch;

namespace EchoApex.Training.FineTuning;

/// <summary>One run of a <see cref="FineTuningLoop"/>: its networks, optimizer and counters, and how they are saved and restored.</summary>
internal sealed partial class FineTuningSession : IDisposable
{
    private const int TriesForASample = 20;

    private readonly FineTuningOptions _options;
    private readonly IBackbone _encoder;
    private readonly AdapterSet? _adapters;
    private readonly ITrainableTask _task;
    private readonly string? _checkpoint;
    private readonly TaskSampler _sampler;
    private readonly FlatParameters _flat;
    private readonly AdamW _optimizer;
    private readonly AveragedWeights? _average;
    private readonly KeptWeights _best;
    private readonly CosineSchedule _rate;
    private readonly int _total;
    private readonly TimeSpan _start = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly Lock _reasonsLock = new();
    private readonly List<string> _reasons = [];
    private readonly string _base;
    private IProgress<FineTuningProgress>? _progress;
    private MetricsWriter? _metrics;
    private int _step;
    private bool _settled = true;
    private long _position;
    private double _lossSum;
    private int _lossCount;
    private long _unreadable;
    private double _bestSelection = double.NaN;
    private int _bestStep;
    private int _sinceBest;

    public FineTuningSession(FineTuningOptions options, IBackbone encoder, AdapterSet? adapters, ITrainableTask task, string? checkpoint)
    {
        (_options, _encoder, _adapters, _task, _checkpoint) = (options, encoder, adapters, task, checkpoint);
        _sampler = new TaskSampler(task.TrainingSamples, options);
        _total = options.TotalSteps(_sampler.Samples.Count);
        _encoder.Precision = options.Precision;
        _adapters?.SetPrecision(options.Precision);
        _flat = new FlatParameters(Groups());
        _optimizer = new AdamW(_flat);
        _average = options.AverageMomentum > 0 ? new AveragedWeights(_flat, options.AverageMomentum) : null;
        _best = new KeptWeights([.. _flat.Groups.Select(group => group.Values), .. Buffers()]);
        _base = adapters is null || checkpoint is null ? "" : HashOf(encoder);
        _rate = new CosineSchedule
        {
            Base = options.LearningRate,
            Final = options.FinalLearningRate,
            TotalSteps = _total,
            WarmupSteps = (long)(options.WarmupShare * _total),
        };
    }

    /// <summary>Restores the checkpoint, if wanted, and opens the metrics behind it.</summary>
    public void Open(string? metricsPath, IProgress<FineTuningProgress>? progress, bool resume)
    {
        _progress = progress;
        if (resume)
        {
            Restore();
        }

        _metrics = metricsPath is null ? null : new MetricsWriter(metricsPath, _step);
    }

    public FineTuningOutcome Train(CancellationToken cancellationToken)
    {
        string? end = null;
        using (var loader = Loader())
        using (var pause = new CollectionPause())
        {
            SetMode(training: true);
            try
            {
                while (end is null)
                {
                    end = _settled ? Stopped() : Settle(cancellationToken);
                    end ??= _step == _total ? "finished" : null;
                    if (end is null)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        Advance(loader, cancellationToken);
                        pause.Renew();
                    }
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                end = FineTuningOutcome.Cancelled;
                Save();
            }
        }

        Finish(_step);
        NativeAllocator.ReleaseFreedMemory();
        return Outcome(_step, end);
    }

    private void Advance(PrefetchingLoader<ITaskBatch> loader, CancellationToken cancellationToken)
    {
        _lossSum += Step(loader, _step, cancellationToken);
        _lossCount++;
        _step++;
        _position = loader.Position;
        _settled = false;
    }

    // What follows a step; a run that is cancelled in it does it again when it is resumed. Says why the run ends early, if it does.
    private string? Settle(CancellationToken cancellationToken)
    {
        bool judged = IsEvaluation(_step);
        var evaluation = judged ? Judge(_step, cancellationToken) : null;
        if (judged || _step % _options.LogEvery == 0 || _step == _total)
        {
            Report(_step, _lossSum / _lossCount, evaluation);
            (_lossSum, _lossCount) = (0, 0);
        }

        _settled = true;
        bool saves = _step % _options.CheckpointEvery == 0 && _step < _total;
        if (saves)
        {
            Save();
        }

        if (judged || saves)
        {
            // Judging takes other shapes than a step: its holes would stay beside those of the steps.
            NativeAllocator.ReleaseFreedMemory();
        }

        return Stopped();
    }

    // Asked of a resumed run too: the checkpoint may be of the step at which its patience ended.
    private string? Stopped() => _options.Patience > 0 && _sinceBest >= _options.Patience ? $"no better for {_sinceBest} evaluations" : null;

    public void Dispose()
    {
        _metrics?.Dispose();
        _best.Dispose();
        _average?.Dispose();
        _optimizer.Dispose();
        _flat.Dispose();
    }

    private IReadOnlyList<ParameterGroup> Groups()
    {
        NamedParameter[] encoder = _adapters is null
            ? [.. NamedParameter.Of(_encoder.Module, "backbone.").Where(IsTrained)]
            : [.. _adapters.Parameters.Select(entry => new NamedParameter($"adapters.{entry.Name}", entry.Parameter))];
        NamedParameter[] all = [.. encoder, .. NamedParameter.Of(_task.Head, "head.")];
        var groups = _encoder is VisionTransformerBackbone
            ? ParameterGroups.Dinov2(all, _encoder.StageCount, _options.LayerDecay, patchEmbeddingMultiplier: 1)
            : ParameterGroups.Dino(all);

        // Groups are by rule, so one may hold parameters of encoder and head: they are told apart before the encoder's factor.
        return
        [
            .. groups.SelectMany(group => group.Parameters
                .GroupBy(parameter => parameter.Name.StartsWith("backbone.", StringComparison.Ordinal))
                .Select(part => new ParameterGroup($"{group.Name}_{(part.Key ? "encoder" : "added")}", [.. part])
                {
                    LearningRateMultiplier = group.LearningRateMultiplier * (part.Key ? _options.EncoderRate : 1),
                    WeightDecayMultiplier = group.WeightDecayMultiplier,
                })),
        ];
    }

    // No gradient reaches the mask token: no patch is masked here.
    private static bool IsTrained(NamedParameter parameter) => !parameter.Name.EndsWith("mask_token", StringComparison.Ordinal);

    // BatchNorm's running statistics, which training moves.
    private IEnumerable<Tensor> Buffers() => [.. _adapters is null ? _encoder.Module.buffers() : [], .. _task.Head.buffers()];

    private PrefetchingLoader<ITaskBatch> Loader() => new(
        new EpochSampler(_sampler.Samples.Count, _options.Seed, _position),
        _options.BatchSize,
        () => _task.CreateBatch(_options.BatchSize),
        Fill,
        _options.Workers,
        ahead: 2);

    private void Fill(SampleDraw draw, ITaskBatch batch, int slot)
    {
        int sample = _sampler.At(draw.Epoch, draw.Index, (int)draw.Sample);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                _task.Fill(batch, slot, sample, RandomStream.For(_options.Seed, "fine-tuning", draw.Epoch, draw.Index, attempt));
                return;
            }
            catch (DataException error)
            {
                Count(error);
                if (attempt == TriesForASample)
                {
                    throw new EchoApexException($"{TriesForASample} samples in a row cannot be read; the last: {error.Message} Check the data with 'echoapex inspect'.", error);
                }

                sample = _sampler.Samples[RandomStream.For(_options.Seed, "fine-tuning-substitute", draw.Epoch, draw.Index, attempt).NextInt32(_sampler.Samples.Count)];
            }
        }
    }

    private void Count(DataException error)
    {
        lock (_reasonsLock)
        {
            _unreadable++;
            if (_reasons.Count < 10 && !_reasons.Contains(error.Message))
            {
                _reasons.Add(error.Message);
            }
        }
    }

    private double Step(PrefetchingLoader<ITaskBatch> loader, int step, CancellationToken cancellationToken)
    {
        var batch = loader.Next(cancellationToken);
        using var scope = NewDisposeScope();
        using var loss = _task.Loss(_encoder, batch);
        loader.Return(batch);
        double value = loss.Total.ReadDouble();
        if (!double.IsFinite(value))
        {
            string terms = string.Join(", ", loss.Terms.Select(term => $"{term.Key} {term.Value.ReadDouble()}"));
            throw new EchoApexException($"The loss of {_task.Name} is {value} at step {step} ({terms}). Lower learning_rate ({_options.LearningRate}), or check the data for values that are not finite.");
        }

        _flat.ZeroGradients();
        loss.Total.backward();
        var norms = _options.ClipGradient > 0 ? GradientClipping.ClipEachModule(_flat, _options.ClipGradient) : GradientClipping.Measure(_flat);
        if (!norms.IsFinite)
        {
            string names = string.Join(", ", norms.NotFinite().Take(5));
            throw new EchoApexException($"Gradients of {_task.Name} are not finite at step {step}, though the loss is {value}: {names}. The step was not taken. Lower learning_rate ({_options.LearningRate}), or check the data for values that are not finite.");
        }

        _optimizer.Step(new OptimizerStep(_rate.At(step), _options.WeightDecay));
        _average?.Update();
        return value;
    }

    // Frozen parts stay in evaluation mode: their BatchNorm must not move.
    private void SetMode(bool training)
    {
        _encoder.Module.train(training && _adapters is null);
        _adapters?.Train(training);
        _task.Head.train(training);
    }

    private bool IsEvaluation(int step)
    {
        if (_options.Evaluations == 0)
        {
            return false;
        }

        long Done(int steps) => (long)steps * _options.Evaluations / _total;
        return step == _total || Done(step) > Done(step - 1);
    }

    private TaskEvaluation Judge(int step, CancellationToken cancellationToken)
    {
        SetMode(training: false);
        _average?.Swap();
        try
        {
            using var noGradient = no_grad();
            var evaluation = _task.Evaluate(_encoder, DataSplit.Validation, cancellationToken);
            _sinceBest++;
            if (double.IsNaN(_bestSelection) || evaluation.Selection > _bestSelection)
            {
                (_bestSelection, _bestStep, _sinceBest) = (evaluation.Selection, step, 0);
                _best.Keep();
            }

            return evaluation;
        }
        finally
        {
            _average?.Swap();
            SetMode(training: true);
        }
    }

    private void Report(int step, double loss, TaskEvaluation? evaluation)
    {
        var values = new Dictionary<string, double> { ["loss"] = loss, ["learning_rate"] = _rate.At(step - 1), ["unreadable_draws"] = _unreadable };
        foreach (var metric in evaluation?.Metrics ?? [])
        {
            values[$"val_{metric.Name}"] = metric.Value;
        }

        _metrics?.Write(step, values);
        _progress?.Report(new FineTuningProgress(step, _total, loss, evaluation));
    }

    private void Finish(int step)
    {
        SetMode(training: false);
        if (_options.Evaluations > 0 && _bestStep > 0)
        {
            _best.PutBack();
        }
        else
        {
            _bestStep = step;
            _average?.Swap();
        }
    }

    private FineTuningOutcome Outcome(int step, string end) => new()
    {
        Steps = step,
        BestStep = _bestStep,
        BestSelection = _bestSelection,
        End = end,
        TrainedParameters = _flat.Count,
        EncoderShare = _adapters?.Share ?? 1,
        Samples = _sampler.Samples.Count,
        UnreadableDraws = _unreadable,
        UnreadableReasons = [.. _reasons],
        CpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - _start).TotalSeconds,
    };
}
