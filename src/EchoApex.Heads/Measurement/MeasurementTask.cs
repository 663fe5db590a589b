// Shape legend: B = frames, S = side of the square input, K = landmarks, h, w = cells of a heat map.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using static TorchSharp.torch;

namespace EchoApex.Heads.Measurement;

/// <summary>Teaches an encoder to place the ends of septum, cavity and posterior wall, and judges the lengths between them in mm.</summary>
public sealed class MeasurementTask : ITrainableTask
{
    private readonly MeasurementProtocol _protocol;
    private readonly MeasurementHead _head;

    /// <summary>Prepares the task with an untrained head.</summary>
    /// <param name="set">The data; <see cref="AnnotatedClipSet.Merge"/> makes a mixture. Frames of the training split with points are trained on.</param>
    /// <param name="preparation">How clips become input.</param>
    /// <param name="encoder">The encoder that the head is for; it stays the caller's.</param>
    /// <param name="options">All else.</param>
    /// <param name="seed">Seed of the head's weights and of the bootstrap.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or no clip of the data has such points or lengths.</exception>
    public MeasurementTask(AnnotatedClipSet set, ClipPreparation preparation, IBackbone encoder, MeasurementOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        _protocol = new MeasurementProtocol(set, preparation, options, options.Head.HeatmapStride, seed);
        _head = new MeasurementHead(encoder.Config, encoder.StageCount, options.Head, RandomStream.For(seed, "measurement head"));
    }

    /// <inheritdoc/>
    public string Name => "measure";

    /// <inheritdoc/>
    public nn.Module Head => _head;

    /// <inheritdoc/>
    public IReadOnlyList<TaskSample> TrainingSamples => _protocol.TrainingSamples;

    private Device Device => _head.parameters().First().device;

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => _protocol.CreateBatch(size);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random) => _protocol.Fill((MeasurementBatch)batch, slot, sample, random);

    /// <inheritdoc/>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return _protocol.Loss((MeasurementBatch)batch, Device, images_BCSS => _head.Heatmaps(encoder, images_BCSS));
    }

    /// <summary>Finds the points of frames, in pixels of the square input.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="frames">Frames of the encoder's preprocessing.</param>
    /// <returns>For each frame its points in the order of the options.</returns>
    public IReadOnlyList<IReadOnlyList<LandmarkPrediction>> Predict(IBackbone encoder, IReadOnlyList<PreparedFrame> frames)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(frames);
        using var mode = new EvaluationMode(encoder.Module, _head);
        return _protocol.Predict(frames, Device, images_BCSS => _head.Heatmaps(encoder, images_BCSS));
    }

    /// <inheritdoc/>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return _protocol.Evaluate(split, frames => Predict(encoder, frames), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();
}
