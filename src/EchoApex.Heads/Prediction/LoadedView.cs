using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Prediction;

/// <summary>A model of views.</summary>
internal sealed class LoadedView : LoadedTask
{
    private readonly ViewPredictor _predictor;
    private readonly Familiarity? _familiarity;

    private LoadedView(TaskModel model, ViewClassificationHead head, ViewClassificationOptions options, EncoderPool encoders)
        : base(model, head, encoders)
    {
        (Head, Options) = (head, options);
        _predictor = new ViewPredictor(head, Preparation.Normalizer, model.Info.Labels, options);
        _familiarity = ViewClassification.Familiarity.TryRead(model.Folder);
    }

    public ViewClassificationHead Head { get; }

    public ViewClassificationOptions Options { get; }

    public override EchoTasks Task => EchoTasks.View;

    public static LoadedView Create(TaskModel model, EncoderPool encoders)
    {
        var options = TaskModelFolder.ReadOptions<ViewClassificationOptions>(model);
        return new LoadedView(model, Filled(model, new ViewClassificationHead(model.Encoder.FeatureDimension, model.Info.Labels.Count, options.MeanPatch, RandomStream.For(0, "view-head"))), options, encoders);
    }

    public ViewPrediction View(EchoClip clip) => _predictor.Predict(Encoder, clip.FrameCount, frame => Preparation.Frame(clip, frame));

    /// <summary>The view of one frame, by this model's encoder or one that stands for it.</summary>
    public ViewPrediction Frame(IBackbone encoder, EchoClip clip, int frame) => _predictor.Predict(encoder, 1, _ => Preparation.Frame(clip, frame));

    /// <summary>How like the training pictures a clip is; null for a model that does not say what it was trained on.</summary>
    public FamiliarityScore? Familiarity(EchoClip clip) => _familiarity?.Judge(Encoder, Preparation, clip);

    public override EchoPrediction Judge(EchoClip clip, EchoPrediction prediction, CancellationToken cancellationToken) => prediction with { View = View(clip) };
}
