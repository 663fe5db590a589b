using EchoApex.Core.Imaging;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Interpretability;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Studies;

/// <summary>The models of a predictor.</summary>
internal sealed class PredictorModels(EchoPredictor predictor) : IStudyModels
{
    public IReadOnlyList<TaskModelInfo> Infos => predictor.Models;

    public IReadOnlyList<string> Structures => predictor.Find<LoadedSegmentation>()?.Info.Labels ?? [];

    public (ViewPrediction View, FamiliarityScore? Familiarity)? View(EchoClip clip, CancellationToken cancellationToken) =>
        predictor.Find<LoadedView>() is { } model ? predictor.InTurn(() => (model.View(clip), model.Familiarity(clip)), cancellationToken) : null;

    public EjectionFractionPrediction? EjectionFraction(EchoClip clip, CancellationToken cancellationToken) =>
        predictor.Find<LoadedEjectionFraction>() is { } model ? predictor.InTurn(() => model.EjectionFraction(clip), cancellationToken) : null;

    public LvFindings? Measure(EchoClip clip, CancellationToken cancellationToken) =>
        predictor.Find<LoadedMeasurement>() is { } model ? predictor.InTurn(() => model.Measure(clip, cancellationToken), cancellationToken) : null;

    public IReadOnlyList<T> Segment<T>(EchoClip clip, IReadOnlyList<int> frames, Func<SegmentedFrame, T> reduce, CancellationToken cancellationToken) =>
        predictor.Find<LoadedSegmentation>() is { } model
            ? predictor.InTurn(() => model.Segment(clip, frames, null, cancellationToken).Select(reduce).ToArray(), cancellationToken)
            : throw new InvalidOperationException("There is no model of masks.");

    public FrameExplanation? Explain(EchoClip clip, int frame, CancellationToken cancellationToken) => predictor.Explain(clip, frame, cancellationToken: cancellationToken);
}
