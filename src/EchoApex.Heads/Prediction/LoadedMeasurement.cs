// Shape legend: S = side of the square input.
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Measurement;
using static TorchSharp.torch;

namespace EchoApex.Heads.Prediction;

/// <summary>A model of landmarks and lengths.</summary>
internal sealed class LoadedMeasurement : LoadedTask
{
    private const int MeasuredFrames = 128;
    private const int FramesAtATime = 16;

    private readonly MeasurementHead _head;
    private readonly MeasurementHeadOptions _options;

    private LoadedMeasurement(TaskModel model, MeasurementHead head, MeasurementHeadOptions options, EncoderPool encoders)
        : base(model, head, encoders) => (_head, _options) = (head, options);

    public override EchoTasks Task => EchoTasks.Measure;

    public static LoadedMeasurement Create(TaskModel model, EncoderPool encoders)
    {
        var options = TaskModelFolder.ReadOptions<MeasurementOptions>(model).Head;
        return new LoadedMeasurement(model, Filled(model, new MeasurementHead(model.Encoder.Config, model.Encoder.StageCount, options, RandomStream.For(0, "measurement-head"))), options, encoders);
    }

    public LvFindings Measure(EchoClip clip, CancellationToken cancellationToken)
    {
        var frames = FrameSelection.Spread(clip.FrameCount, Math.Min(clip.FrameCount, MeasuredFrames));
        var points = new List<IReadOnlyList<LandmarkPrediction>>(frames.Count);
        foreach (int[] part in frames.Chunk(FramesAtATime))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var images = FrameBatch.Of([.. part.Select(frame => Preparation.Frame(clip, frame))]).ToImages(Preparation.Normalizer);
            points.AddRange(PointDecoder.Decode(_head.Heatmaps(Encoder, images), Preparation.Side, Preparation.Side, _options));
        }

        return LvFindings.Of(clip, frames, points, Preparation.Geometry(clip), _options.Landmarks);
    }

    public override EchoPrediction Judge(EchoClip clip, EchoPrediction prediction, CancellationToken cancellationToken) =>
        prediction with { Measurement = Measure(clip, cancellationToken) };
}
