// Shape legend: B = clips or windows of a clip, T = frames of a window, S = side of the square input.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>
/// A <see cref="VideoNetwork"/> from scratch that says the ejection fraction: what <see cref="EjectionFractionTask"/> is compared with, on
/// the same windows and with the same figures. What the network does not say (classes, interval, phases) is NaN of no case.
/// </summary>
/// <remarks>
/// The encoder that the methods are given is not used and may be null. A window that is shorter than the options ask for is filled
/// up with its last frame, in training as in evaluation.
/// </remarks>
public sealed class VideoEjectionFractionTask : ITrainableTask
{
    private readonly ClipPreparation _preparation;
    private readonly VideoEjectionFractionOptions _options;
    private readonly EjectionFractionProtocol _protocol;
    private readonly FrameWindows _windows;
    private readonly VideoNetwork _network;

    /// <summary>Creates the task; the network starts at the mean and spread of the training labels.</summary>
    /// <param name="set">The clips; those of the training split with an ejection fraction are trained on.</param>
    /// <param name="preparation">Opens them as the network's input; its side is even.</param>
    /// <param name="options">All else.</param>
    /// <param name="seed">Seed of the network's weights and of the bootstrap.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or no clip of the data has an ejection fraction.</exception>
    public VideoEjectionFractionTask(AnnotatedClipSet set, ClipPreparation preparation, VideoEjectionFractionOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "video ejection_fraction");
        (_preparation, _options) = (preparation, options);
        _protocol = new EjectionFractionProtocol(set, preparation, new EjectionFractionOptions
        {
            Windows = options.Windows,
            Augmentation = options.Augmentation,
            Views = options.Views,
            BootstrapDraws = options.BootstrapDraws,
        }, seed);
        _windows = new FrameWindows(options.Windows);
        _network = new VideoNetwork(options.Network, RandomStream.For(seed, "video network"));
        if (_protocol.TargetStatistics() is { } labels)
        {
            _network.SetTargetStatistics(labels.Mean, labels.Std);
        }
    }

    /// <inheritdoc/>
    public string Name => "ef_video";

    /// <inheritdoc/>
    public nn.Module Head => _network;

    /// <inheritdoc/>
    /// <remarks>The class is 0 from 50 % upwards, 1 from 40 to below 50 %, 2 below.</remarks>
    public IReadOnlyList<TaskSample> TrainingSamples => _protocol.TrainingSamples;

    private Device Device => _network.parameters().First().device;

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => _protocol.CreateBatch(size);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random)
    {
        var target = (EjectionFractionBatch)batch;
        _protocol.Fill(target, slot, sample, random);
        int first = slot * target.Frames, last = first + target.Counts[slot] - 1;
        for (int place = last + 1; place < first + target.Frames; place++)
        {
            target.Pictures.Pixels(last).CopyTo(target.Pictures.Pixels(place));
            target.Pictures.Inside(last).CopyTo(target.Pictures.Inside(place));
        }
    }

    /// <inheritdoc/>
    /// <remarks>The encoder is not used.</remarks>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        var source = (EjectionFractionBatch)batch;
        using var scope = NewDisposeScope();
        long side = source.Pictures.Side;
        var clips_BTCSS = source.Pictures.ToImages(_preparation.Normalizer).view(source.Size, source.Frames, 3, side, side).to(Device);
        var truth_B = _network.Standardize(tensor(source.Percent).to(Device));
        var error_B = _network.Standardized(clips_BTCSS).Plus(truth_B.neg());
        var squared = error_B.mul(error_B).mean();
        var absolute = error_B.abs().mean();
        var total = (_options.Loss == VideoRegressionLoss.Squared ? squared : absolute).alias();
        return new TaskLoss(total.MoveToOuterDisposeScope(), new Dictionary<string, Tensor>
        {
            ["squared"] = squared.detach().MoveToOuterDisposeScope(),
            ["absolute"] = absolute.detach().MoveToOuterDisposeScope(),
        });
    }

    /// <inheritdoc/>
    /// <remarks>The encoder is not used.</remarks>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        using var mode = new EvaluationMode(_network);
        return _protocol.Evaluate(split, (clip, opened) => new EjectionFractionCase
        {
            Name = clip.Name,
            Patient = clip.Patient,
            Truth = clip.EjectionFraction!.Value,
            Predicted = Predict(clip, opened),
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    // The mean over the windows that cover the clip.
    private double Predict(AnnotatedClip clip, PreparedClip opened)
    {
        using var scope = NewDisposeScope();
        var windows = _windows.Cover(opened.FrameCount, opened.FrameTimesMs, opened.HeartRateBpm);
        int side = _preparation.Side, frames = _options.Windows.Frames;
        var pictures = FrameBatch.Of([.. windows.SelectMany(window => Enumerable.Range(0, frames).Select(i => _preparation.Frame(clip, window[Math.Min(i, window.Length - 1)])))]);
        var clips_BTCSS = pictures.ToImages(_preparation.Normalizer).view(windows.Count, frames, 3, side, side).to(Device);
        return _network.forward(clips_BTCSS).mean().ReadDouble();
    }
}
