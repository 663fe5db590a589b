// Shape legend: B = frames, K = landmarks, S = side of the square input.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using EchoApex.Heads.Measurement;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>
/// A <see cref="UNet"/> from scratch that draws one heat map a point: what <see cref="MeasurementTask"/> is compared with. Points
/// are decoded, losses and figures computed by the same code.
/// </summary>
/// <remarks>The encoder that the methods are given is not used and may be null.</remarks>
public sealed class UNetMeasurementTask : ITrainableTask
{
    private const int Stride = 1;

    private readonly MeasurementProtocol _protocol;
    private readonly UNet _network;

    /// <summary>Creates the task with an untrained network.</summary>
    /// <param name="set">The clips; those of the training split with points are trained on.</param>
    /// <param name="preparation">Opens them as the network's input.</param>
    /// <param name="options">All else.</param>
    /// <param name="seed">Seed of the network's weights and of the bootstrap.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or no clip of the data has such points or lengths.</exception>
    public UNetMeasurementTask(AnnotatedClipSet set, ClipPreparation preparation, UNetMeasurementOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "unet measurement");
        _protocol = new MeasurementProtocol(set, preparation, Shared(options), Stride, seed);
        _network = new UNet(options.Landmarks.Count, options.Network, RandomStream.For(seed, "measurement unet"));
    }

    /// <inheritdoc/>
    public string Name => "measure_unet";

    /// <inheritdoc/>
    public nn.Module Head => _network;

    /// <inheritdoc/>
    public IReadOnlyList<TaskSample> TrainingSamples => _protocol.TrainingSamples;

    private Device Device => _network.parameters().First().device;

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => _protocol.CreateBatch(size);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random) => _protocol.Fill((MeasurementBatch)batch, slot, sample, random);

    /// <inheritdoc/>
    /// <remarks>The encoder is not used.</remarks>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch) => _protocol.Loss((MeasurementBatch)batch, Device, _network.forward);

    /// <inheritdoc/>
    /// <remarks>The encoder is not used.</remarks>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        using var mode = new EvaluationMode(_network);
        return _protocol.Evaluate(split, frames => _protocol.Predict(frames, Device, _network.forward), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    private static MeasurementOptions Shared(UNetMeasurementOptions options) => new()
    {
        Head = new MeasurementHeadOptions { Landmarks = options.Landmarks, Decoding = options.Decoding, WindowRadius = options.WindowRadius },
        Loss = options.Loss,
        Augmentation = options.Augmentation,
        Views = options.Views,
        EvaluationBatch = options.EvaluationBatch,
        PictureFrames = options.PictureFrames,
        BootstrapDraws = options.BootstrapDraws,
    };
}
