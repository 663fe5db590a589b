using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Prediction;

/// <summary>What models say of a clip; the parts whose tasks were asked for and have a model are filled, the others are null.</summary>
public sealed record EchoPrediction
{
    /// <summary>The view, with its confidence 0 to 1.</summary>
    public ViewPrediction? View { get; init; }

    /// <summary>The ejection fraction in percent with its uncertainty, and where end diastole and end systole are.</summary>
    public EjectionFractionPrediction? EjectionFraction { get; init; }

    /// <summary>Septum, cavity and posterior wall at end diastole and end systole, in mm, and the confidence of each point.</summary>
    public LvFindings? Measurement { get; init; }

    /// <summary>Masks of the frames that were looked at, with their areas in mm².</summary>
    public IReadOnlyList<SegmentedFrame>? Masks { get; init; }
}
