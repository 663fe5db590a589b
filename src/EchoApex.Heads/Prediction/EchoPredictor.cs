// Shape legend: T = frames that are looked at, S = side of the square input.
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Imaging;
using EchoApex.Core.Embedding;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;
using static TorchSharp.torch;

namespace EchoApex.Heads.Prediction;

/// <summary>
/// A fine-tuned model behind one call: a clip of any size, length and frame rate goes in, the typed result of the model's task
/// comes out. Frames are cropped, scaled and normalised as the model's folder says. The encoder is prepared for inference
/// (<see cref="InferenceModel.Prepare"/>).
/// </summary>
/// <remarks>
/// Thread safety: one call at a time; several threads take several predictors. The same clip gives the same result. Dispose it: it
/// holds native memory.
/// </remarks>
public sealed class EchoPredictor : IDisposable
{
    private const int MeasuredFrames = 128;
    private const int FramesAtATime = 16;

    private readonly TaskModel _model;
    private readonly PreparedBackbone _encoder;
    private readonly ClipPreparation _preparation;
    private readonly IDisposable _head;
    private readonly Func<EchoClip, CancellationToken, EchoPrediction> _predict;

    private EchoPredictor(TaskModel model)
    {
        _model = model;
        _encoder = InferenceModel.Prepare(model.Encoder);
        _preparation = new ClipPreparation(model.Info.Preprocessing, cacheMegabytes: 0);
        try
        {
            (_head, _predict) = model.Info.Task switch
            {
                "view" => View(),
                "segment" => Segment(),
                "measure" => Measure(),
                "ef" => EjectionFraction(),
                _ => throw new ConfigurationException(Path.Combine(model.Folder, TaskModelFolder.ConfigFile), $"task is '{model.Info.Task}'; this EchoApex predicts view, segment, measure and ef."),
            };
        }
        catch
        {
            _encoder.Dispose();
            throw;
        }
    }

    /// <summary>Task, labels, preprocessing and training of the model.</summary>
    public TaskModelInfo Info => _model.Info;

    /// <summary>Loads a fine-tuned model onto the CPU.</summary>
    /// <param name="folder">Its folder, as <c>echoapex finetune</c> makes it.</param>
    /// <param name="baseFolder">Where its encoder lies, for a model of adapters whose encoder was moved.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged, or the encoder is another.</exception>
    /// <exception cref="ConfigurationException">task.json has faults.</exception>
    public static EchoPredictor Load(string folder, string? baseFolder = null)
    {
        var model = TaskModelFolder.Load(folder, baseFolder);
        try
        {
            return new EchoPredictor(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Judges a clip.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="cancellationToken">Stops between frames, where frames are judged one by one.</param>
    /// <returns>The result; the part of the model's task is filled.</returns>
    /// <exception cref="DataException">A frame cannot be decoded, or no ultrasound sector was found.</exception>
    public EchoPrediction Predict(EchoClip clip, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        using var noGradient = no_grad();
        return _predict(clip, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _head.Dispose();
        _encoder.Dispose();
        _model.Dispose();
    }

    private (IDisposable Head, Func<EchoClip, CancellationToken, EchoPrediction> Predict) View()
    {
        var options = TaskModelFolder.ReadOptions<ViewClassificationOptions>(_model);
        var head = Filled(new ViewClassificationHead(_model.Encoder.FeatureDimension, Info.Labels.Count, options.MeanPatch, RandomStream.For(0, "view-head")));
        var predictor = new ViewPredictor(head, _preparation.Normalizer, Info.Labels, options);
        return (head, (clip, _) => new EchoPrediction
        {
            View = predictor.Predict(_encoder, clip.FrameCount, frame => _preparation.Frame(clip, frame)),
        });
    }

    private (IDisposable Head, Func<EchoClip, CancellationToken, EchoPrediction> Predict) EjectionFraction()
    {
        var options = TaskModelFolder.ReadOptions<EjectionFractionOptions>(_model);
        var head = Filled(new EjectionFractionHead(_model.Encoder.FeatureDimension, options.Head, RandomStream.For(0, "ef-head")));
        var predictor = new EjectionFractionPredictor(head, _preparation.Normalizer, options.Windows, options.Loss.Likelihood, options.EvaluationBatch);
        return (head, (clip, _) => new EchoPrediction
        {
            EjectionFraction = predictor.Predict(_encoder, clip.FrameCount, clip.FrameTimesMs, clip.HeartRateBpm, frame => _preparation.Frame(clip, frame)),
        });
    }

    private (IDisposable Head, Func<EchoClip, CancellationToken, EchoPrediction> Predict) Measure()
    {
        var options = TaskModelFolder.ReadOptions<MeasurementOptions>(_model);
        var head = Filled(new MeasurementHead(_model.Encoder.Config, _model.Encoder.StageCount, options.Head, RandomStream.For(0, "measurement-head")));
        return (head, (clip, cancellation) =>
        {
            var frames = FrameSelection.Spread(clip.FrameCount, Math.Min(clip.FrameCount, MeasuredFrames));
            var points = new List<IReadOnlyList<LandmarkPrediction>>(frames.Count);
            foreach (int[] part in frames.Chunk(FramesAtATime))
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var images = FrameBatch.Of([.. part.Select(frame => _preparation.Frame(clip, frame))]).ToImages(_preparation.Normalizer);
                points.AddRange(PointDecoder.Decode(head.Heatmaps(_encoder, images), _preparation.Side, _preparation.Side, options.Head));
            }

            return new EchoPrediction { Measurement = LvFindings.Of(clip, frames, points, _preparation.Geometry(clip), options.Head.Landmarks) };
        });
    }

    private (IDisposable Head, Func<EchoClip, CancellationToken, EchoPrediction> Predict) Segment()
    {
        var options = TaskModelFolder.ReadOptions<SegmentationTaskOptions>(_model);
        var head = Filled(new SegmentationHead(options.Head, _model.Encoder.FeatureDimension, Info.Labels));
        return (head, (clip, cancellation) =>
        {
            using var session = new SegmentationSession(_encoder, head, Info.Preprocessing);
            var frames = new List<SegmentedFrame>();
            for (int frame = 0; frame < clip.FrameCount; frame++)
            {
                cancellation.ThrowIfCancellationRequested();
                session.SetImage(clip, frame);
                frames.Add(new SegmentedFrame(frame, session.Structures.ToDictionary(name => name, name => session.Segment(new SegmentationPrompt { Structure = name })[0])));
            }

            return new EchoPrediction { Masks = frames };
        });
    }

    private T Filled<T>(T head)
        where T : nn.Module
    {
        try
        {
            _model.LoadHead(head);
            return head;
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }
}
