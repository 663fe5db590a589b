// Shape legend: B = clips, T = frames (of the longest window of a batch), S = side of the square input, E = a frame's vector.
using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Charts;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Teaches an encoder the ejection fraction of clips, with its uncertainty, end diastole and end systole, and the classes below 50 and 40 %.</summary>
public sealed class EjectionFractionTask : ITrainableTask
{
    private readonly AnnotatedClipSet _set;
    private readonly EjectionFractionOptions _options;
    private readonly ClipPreparation _preparation;
    private readonly EjectionFractionHead _head;
    private readonly EjectionFractionLoss _loss;
    private readonly FrameWindows _windows;
    private readonly EjectionFractionPredictor _predictor;
    private readonly AnnotatedClip[] _training;
    private readonly ulong _seed;

    /// <summary>Prepares the task; an untrained head says the mean and the spread of the training labels.</summary>
    /// <param name="set">The data; <see cref="AnnotatedClipSet.Merge"/> makes a mixture. Clips of the training split with an ejection fraction are trained on.</param>
    /// <param name="preparation">How clips become input.</param>
    /// <param name="encoder">The encoder that the head is for; it stays the caller's.</param>
    /// <param name="options">All else.</param>
    /// <param name="seed">Seed of the head's weights and of the bootstrap.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or no clip of the data has an ejection fraction.</exception>
    public EjectionFractionTask(AnnotatedClipSet set, ClipPreparation preparation, IBackbone encoder, EjectionFractionOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "ef");
        (_set, _preparation, _options, _seed) = (set, preparation, options, seed);
        if (!Enum.GetValues<DataSplit>().SelectMany(Clips).Any())
        {
            throw new ConfigurationException("ef", [$"no clip of the data has an ejection fraction{(options.Views.Count > 0 ? $" and one of the views {string.Join(", ", options.Views)}. Leave views empty to take all" : "")}."]);
        }

        _loss = new EjectionFractionLoss(options.Loss);
        _windows = new FrameWindows(options.Windows);
        _training = [.. Clips(DataSplit.Train)];
        TrainingSamples = [.. _training.Select(clip => new TaskSample(clip.Patient, Class(clip.EjectionFraction!.Value), clip.Set))];
        _head = new EjectionFractionHead(encoder.FeatureDimension, options.Head, RandomStream.For(seed, "ejection fraction head"));
        if (_training.Length > 0)
        {
            // Without training clips the head is about to be loaded, and these two with it.
            double mean = _training.Average(clip => clip.EjectionFraction!.Value);
            double variance = _training.Average(clip => Math.Pow(clip.EjectionFraction!.Value - mean, 2));
            _head.SetTargetStatistics(mean, Math.Max(1, Math.Sqrt(variance)));
        }

        _predictor = new EjectionFractionPredictor(_head, preparation.Normalizer, options.Windows, options.Loss.Likelihood, options.EvaluationBatch);
    }

    /// <inheritdoc/>
    public string Name => "ef";

    /// <inheritdoc/>
    public nn.Module Head => _head;

    /// <inheritdoc/>
    /// <remarks>The class is 0 from 50 % upwards, 1 from 40 to below 50 %, 2 below.</remarks>
    public IReadOnlyList<TaskSample> TrainingSamples { get; }

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => new EjectionFractionBatch(size, _options.Windows.Frames, _preparation.Side);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var target = (EjectionFractionBatch)batch;
        var clip = _training[sample];
        var opened = _preparation.Open(clip);
        int[] window = _windows.Sample(opened.FrameCount, opened.FrameTimesMs, null, random);
        var transform = FrameTransform.Draw(_options.Augmentation, _preparation.Side, random);
        for (int i = 0; i < target.Frames; i++)
        {
            int place = (slot * target.Frames) + i;
            bool exists = i < window.Length;
            target.TimesMs[place] = !exists ? 0 : opened.FrameTimesMs is { } times ? (float)(times[window[i]] - times[window[0]]) : float.NaN;
            if (exists)
            {
                transform.Apply(_preparation.Frame(clip, window[i]), random, target.Pictures.Pixels(place), target.Pictures.Inside(place), []);
            }
            else
            {
                target.Pictures.Pixels(place).Clear();
                target.Pictures.Inside(place).Clear();
            }
        }

        target.Counts[slot] = window.Length;
        target.Percent[slot] = (float)clip.EjectionFraction!.Value;
        target.PhaseFrames[2 * slot] = Place(window, clip.EndDiastolicFrame);
        target.PhaseFrames[(2 * slot) + 1] = Place(window, clip.EndSystolicFrame);
    }

    /// <inheritdoc/>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var source = (EjectionFractionBatch)batch;
        using var scope = NewDisposeScope();
        var device = _head.parameters().First().device;
        long size = source.Size, longest = source.Counts.Max(), side = source.Pictures.Side;
        var images_BTCSS = source.Pictures.ToImages(_preparation.Normalizer).view(size, source.Frames, 3, side, side).narrow(1, 0, longest).to(device);
        using var features = encoder.Extract(images_BTCSS.reshape(size * longest, 3, side, side));
        var frames_BTE = _head.PoolFrames(features).view(size, longest, -1);
        var times_BT = tensor(source.TimesMs).view(size, source.Frames).narrow(1, 0, longest).contiguous().to(device);
        float[] valid = [.. Enumerable.Range(0, (int)(size * longest)).Select(i => i % longest < source.Counts[i / longest] ? 1f : 0f)];
        using var output = _head.Decode(frames_BTE, times_BT, tensor(valid).view(size, longest).to(device));
        var nominal_BT = arange(longest, float32, device).Times(_options.Head.NominalIntervalMs).expand(size, longest);
        var targets = new EjectionFractionTargets(
            tensor(source.Percent).to(device),
            tensor(source.PhaseFrames).view(size, 2).to(device),
            where(times_BT.isnan(), nominal_BT, times_BT));
        var loss = _loss.Compute(output, targets);
        loss.Total.MoveToOuterDisposeScope();
        foreach (var term in loss.Terms.Values)
        {
            term.MoveToOuterDisposeScope();
        }

        return loss;
    }

    /// <inheritdoc/>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var cases = new List<EjectionFractionCase>();
        var skipped = new List<SkippedClip>();
        foreach (var clip in Clips(split))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var opened = _preparation.Open(clip);
                var said = _predictor.Predict(encoder, opened.FrameCount, opened.FrameTimesMs, null, frame => _preparation.Frame(clip, frame));
                cases.Add(Judge(clip, opened, said));
            }
            catch (DataException error)
            {
                skipped.Add(new SkippedClip(error.File, error.Reason));
            }
        }

        var metrics = EjectionFractionMetrics.Compute(cases, _seed, _options.BootstrapDraws);
        return new TaskEvaluation
        {
            Metrics = metrics,
            Selection = -metrics[0].Value,
            CaseColumns = ["clip", "patient", "truth_percent", "predicted_percent", "half_width_95_percent", "below_50", "below_40", "ed_error_frames", "es_error_frames"],
            Cases = [.. cases.Select(Row)],
            Charts = new Dictionary<string, IChart> { ["bland_altman"] = EjectionFractionMetrics.Chart(cases) },
            Skipped = skipped,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();

    private static int Class(double percent) => EjectionFractionLoss.Thresholds.Count(threshold => percent < threshold);

    private IEnumerable<AnnotatedClip> Clips(DataSplit split) => _set.Of(split).Where(clip =>
        clip.EjectionFraction is not null && (_options.Views.Count == 0 || (clip.View is { } view && _options.Views.Contains(view))));

    // The place of the window's frame that is nearest to a labelled one, as long as none between two of them is nearer.
    private static long Place(int[] window, int? frame)
    {
        if (frame is not { } label || window.Length == 0)
        {
            return -1;
        }

        int nearest = Enumerable.Range(0, window.Length).MinBy(i => Math.Abs(window[i] - label));
        double step = window.Length > 1 ? (double)(window[^1] - window[0]) / (window.Length - 1) : 1;
        return Math.Abs(window[nearest] - label) <= step / 2 ? nearest : -1;
    }

    private EjectionFractionCase Judge(AnnotatedClip clip, PreparedClip opened, EjectionFractionPrediction said)
    {
        double? diastole = PhaseError(said.Frames, said.EndDiastole, clip.EndDiastolicFrame, opened);
        double? systole = PhaseError(said.Frames, said.EndSystole, clip.EndSystolicFrame, opened);
        double? interval = opened.FrameTimesMs is { Count: > 1 } times ? (times[^1] - times[0]) / (times.Count - 1) : null;
        return new EjectionFractionCase
        {
            Name = clip.Name,
            Patient = clip.Patient,
            Truth = clip.EjectionFraction!.Value,
            Predicted = said.Percent,
            HalfWidth95 = said.HalfWidth95,
            Below50 = said.Below50,
            Below40 = said.Below40,
            EndDiastoleErrorFrames = diastole,
            EndSystoleErrorFrames = systole,
            EndDiastoleErrorMs = diastole * interval,
            EndSystoleErrorMs = systole * interval,
        };
    }

    private double? PhaseError(IReadOnlyList<int> frames, IReadOnlyList<double> probability, int? label, PreparedClip opened)
    {
        if (label is not { } truth || truth < 0 || truth >= opened.FrameCount)
        {
            return null;
        }

        double Time(int frame) => opened.FrameTimesMs is { } times ? times[frame] : frame * _options.Head.NominalIntervalMs;
        int[] near = [.. Enumerable.Range(0, frames.Count).Where(i => Math.Abs(Time(frames[i]) - Time(truth)) <= _options.PhaseSearchMs)];
        return near.Length == 0 ? null : frames[near.MaxBy(i => probability[i])] - truth;
    }

    private static string[] Row(EjectionFractionCase item) =>
    [
        item.Name, item.Patient, Number(item.Truth), Number(item.Predicted), Number(item.HalfWidth95), Number(item.Below50), Number(item.Below40),
        Number(item.EndDiastoleErrorFrames), Number(item.EndSystoleErrorFrames),
    ];

    private static string Number(double? value) => value is { } known ? known.ToString("0.###", CultureInfo.InvariantCulture) : "";
}
