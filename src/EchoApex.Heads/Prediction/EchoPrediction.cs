using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Prediction;

/// <summary>What a model says of a clip; the part of its task is filled, the others are null.</summary>
public sealed record EchoPrediction
{
    /// <summary>The view.</summary>
    public ViewPrediction? View { get; init; }

    /// <summary>The ejection fraction with its uncertainty, and where end diastole and end systole are.</summary>
    public EjectionFractionPrediction? EjectionFraction { get; init; }

    /// <summary>Septum, cavity and posterior wall at end diastole and end systole.</summary>
    public LvFindings? Measurement { get; init; }

    /// <summary>Masks of every frame.</summary>
    public IReadOnlyList<SegmentedFrame>? Masks { get; init; }
}
