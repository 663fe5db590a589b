// Shape legend: B = clips, T = frames (of the longest window of a batch), S = side of the square input, E = a frame's vector.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Teaches an encoder the ejection fraction of clips, with its uncertainty, end diastole and end systole, and the classes below 50 and 40 %.</summary>
public sealed class EjectionFractionTask : ITrainableTask
{
    private readonly EjectionFractionProtocol _protocol;
    private readonly EjectionFractionOptions _options;
    private readonly ClipPreparation _preparation;
    private readonly EjectionFractionHead _head;
    private readonly EjectionFractionLoss _loss;
    private readonly EjectionFractionPredictor _predictor;

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
        _protocol = new EjectionFractionProtocol(set, preparation, options, seed);
        (_preparation, _options) = (preparation, options);
        _loss = new EjectionFractionLoss(options.Loss);
        _head = new EjectionFractionHead(encoder.FeatureDimension, options.Head, RandomStream.For(seed, "ejection fraction head"));
        if (_protocol.TargetStatistics() is { } labels)
        {
            _head.SetTargetStatistics(labels.Mean, labels.Std);
        }

        _predictor = new EjectionFractionPredictor(_head, preparation.Normalizer, options.Windows, options.Loss.Likelihood, options.EvaluationBatch);
    }

    /// <inheritdoc/>
    public string Name => "ef";

    /// <inheritdoc/>
    public nn.Module Head => _head;

    /// <inheritdoc/>
    /// <remarks>The class is 0 from 50 % upwards, 1 from 40 to below 50 %, 2 below.</remarks>
    public IReadOnlyList<TaskSample> TrainingSamples => _protocol.TrainingSamples;

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => _protocol.CreateBatch(size);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random) => _protocol.Fill((EjectionFractionBatch)batch, slot, sample, random);

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
        return _protocol.Evaluate(split, (clip, opened) => Judge(clip, opened, _predictor.Predict(
            encoder, opened.FrameCount, opened.FrameTimesMs, opened.HeartRateBpm, frame => _preparation.Frame(clip, frame))), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();

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
}
