using System.Diagnostics;
using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Training.Monitoring;
using EchoApex.Training.Optimization;
using EchoApex.Training.Schedules;
using static TorchSharp.torch;

namespace EchoApex.Training.FineTuning;

/// <summary>
/// Trains a head and what of an encoder may learn on a task, judges on the validation split as it goes, and keeps the best
/// weights. It knows tasks by <see cref="ITrainableTask"/> alone.
/// </summary>
public sealed class FineTuningLoop
{
    private const int TriesForASample = 20;

    private readonly FineTuningOptions _options;

    /// <summary>Prepares a loop.</summary>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public FineTuningLoop(FineTuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "fine-tuning");
        _options = options;
    }

    /// <summary>Freezes what the protocol keeps and adds its adapters.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <returns>The adapters, which the caller disposes before the encoder; null for full fine-tuning.</returns>
    /// <exception cref="ConfigurationException">The adapters do not fit the encoder, or exceed their share.</exception>
    public AdapterSet? Attach(IBackbone encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return _options.Protocol == FineTuningProtocol.Full
            ? null
            : AdapterSet.Attach(
                encoder,
                _options.Protocol == FineTuningProtocol.Linear ? new AdapterOptions { Kind = AdapterKind.None } : _options.Adapters,
                RandomStream.For(_options.Seed, "adapters"));
    }

    /// <summary>Trains.</summary>
    /// <param name="encoder">The encoder, changed in place; in evaluation mode afterwards.</param>
    /// <param name="adapters">What <see cref="Attach"/> returned for it.</param>
    /// <param name="task">The task with its head, changed in place.</param>
    /// <param name="metricsPath">A metrics.jsonl to write; null for none.</param>
    /// <param name="progress">Told every <see cref="FineTuningOptions.LogEvery"/> steps and after each evaluation.</param>
    /// <param name="cancellationToken">Ends the run between steps; the best weights so far are kept.</param>
    /// <exception cref="ConfigurationException">The task has no sample to train on, or too few patients for few-shot.</exception>
    /// <exception cref="EchoApexException">The loss is not finite, or no sample can be read.</exception>
    public FineTuningOutcome Run(
        IBackbone encoder,
        AdapterSet? adapters,
        ITrainableTask task,
        string? metricsPath = null,
        IProgress<FineTuningProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(task);
        if (adapters is null != (_options.Protocol == FineTuningProtocol.Full))
        {
            throw new ArgumentException($"The protocol {_options.Protocol} {(adapters is null ? "needs" : "has no")} adapters; take them from {nameof(Attach)}.", nameof(adapters));
        }

        using var run = new Session(_options, encoder, adapters, task, metricsPath, progress);
        return run.Train(cancellationToken);
    }

    private sealed class Session : IDisposable
    {
        private readonly FineTuningOptions _options;
        private readonly IBackbone _encoder;
        private readonly AdapterSet? _adapters;
        private readonly ITrainableTask _task;
        private readonly IProgress<FineTuningProgress>? _progress;
        private readonly TaskSampler _sampler;
        private readonly FlatParameters _flat;
        private readonly AdamW _optimizer;
        private readonly AveragedWeights? _average;
        private readonly KeptWeights _best;
        private readonly MetricsWriter? _metrics;
        private readonly CosineSchedule _rate;
        private readonly int _total;
        private readonly TimeSpan _start = Process.GetCurrentProcess().TotalProcessorTime;
        private readonly Lock _reasonsLock = new();
        private readonly List<string> _reasons = [];
        private long _unreadable;
        private double _bestSelection = double.NaN;
        private int _bestStep;
        private int _sinceBest;

        public Session(FineTuningOptions options, IBackbone encoder, AdapterSet? adapters, ITrainableTask task, string? metricsPath, IProgress<FineTuningProgress>? progress)
        {
            (_options, _encoder, _adapters, _task, _progress) = (options, encoder, adapters, task, progress);
            _sampler = new TaskSampler(task.TrainingSamples, options);
            _total = options.TotalSteps(_sampler.Samples.Count);
            _encoder.Precision = options.Precision;
            _adapters?.SetPrecision(options.Precision);
            _flat = new FlatParameters(Groups());
            _optimizer = new AdamW(_flat);
            _average = options.AverageMomentum > 0 ? new AveragedWeights(_flat, options.AverageMomentum) : null;
            _best = new KeptWeights([.. _flat.Groups.Select(group => group.Values), .. Buffers()]);
            _metrics = metricsPath is null ? null : new MetricsWriter(metricsPath, 0);
            _rate = new CosineSchedule
            {
                Base = options.LearningRate,
                Final = options.FinalLearningRate,
                TotalSteps = _total,
                WarmupSteps = (long)(options.WarmupShare * _total),
            };
        }

        public FineTuningOutcome Train(CancellationToken cancellationToken)
        {
            string end = "finished";
            int step = 0;
            using (var loader = Loader())
            using (var pause = new CollectionPause())
            {
                double sum = 0;
                int count = 0;
                SetMode(training: true);
                try
                {
                    while (step < _total)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        sum += Step(loader, step, cancellationToken);
                        count++;
                        step++;
                        pause.Renew();
                        bool judged = IsEvaluation(step);
                        var evaluation = judged ? Judge(step, cancellationToken) : null;
                        if (judged || step % _options.LogEvery == 0 || step == _total)
                        {
                            Report(step, sum / count, evaluation);
                            (sum, count) = (0, 0);
                        }

                        if (judged && _options.Patience > 0 && _sinceBest >= _options.Patience)
                        {
                            end = $"no better for {_sinceBest} evaluations";
                            break;
                        }
                    }
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    end = "cancelled";
                }
            }

            Finish(step);
            return Outcome(step, end);
        }

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
            new EpochSampler(_sampler.Samples.Count, _options.Seed),
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
            if (_options.ClipGradient > 0)
            {
                GradientClipping.ClipEachModule(_flat, _options.ClipGradient);
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
}
