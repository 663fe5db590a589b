using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;

namespace EchoApex.Heads.Prediction;

/// <summary>A model of ejection fractions.</summary>
internal sealed class LoadedEjectionFraction : LoadedTask
{
    private LoadedEjectionFraction(TaskModel model, EjectionFractionHead head, EjectionFractionOptions options, EncoderPool encoders)
        : base(model, head, encoders)
    {
        Options = options;
        Predictor = new EjectionFractionPredictor(head, Preparation.Normalizer, options.Windows, options.Loss.Likelihood, options.EvaluationBatch);
    }

    public EjectionFractionPredictor Predictor { get; }

    public EjectionFractionOptions Options { get; }

    public override EchoTasks Task => EchoTasks.EjectionFraction;

    public static LoadedEjectionFraction Create(TaskModel model, EncoderPool encoders)
    {
        var options = TaskModelFolder.ReadOptions<EjectionFractionOptions>(model);
        return new LoadedEjectionFraction(model, Filled(model, new EjectionFractionHead(model.Encoder.FeatureDimension, options.Head, RandomStream.For(0, "ef-head"))), options, encoders);
    }

    public EjectionFractionPrediction EjectionFraction(EchoClip clip) =>
        Predictor.Predict(Encoder, clip.FrameCount, clip.FrameTimesMs, clip.HeartRateBpm, frame => Preparation.Frame(clip, frame));

    public override EchoPrediction Judge(EchoClip clip, EchoPrediction prediction, CancellationToken cancellationToken) =>
        prediction with { EjectionFraction = EjectionFraction(clip) };
}
