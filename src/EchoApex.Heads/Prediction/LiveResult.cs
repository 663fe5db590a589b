using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Prediction;

/// <summary>What is said of a live frame.</summary>
public sealed record LiveResult
{
    /// <summary>Number of the frame among those pushed, from 0.</summary>
    public required long Frame { get; init; }

    /// <summary>Its time in ms, as it was pushed.</summary>
    public required double TimeMs { get; init; }

    /// <summary>The view over the last frames; null without a model.</summary>
    public ViewPrediction? View { get; init; }

    /// <summary>The mask; null without a model, or between masks.</summary>
    public SegmentedMask? Mask { get; init; }

    /// <summary>The latest ejection fraction; null before the first. Its frames count from the start of its window.</summary>
    public EjectionFractionPrediction? EjectionFraction { get; init; }

    /// <summary>Time of the frame that the latest ejection fraction ends with.</summary>
    public double? EjectionFractionTimeMs { get; init; }

    /// <summary>Time in ms from the push of the frame to this result.</summary>
    public required double LatencyMs { get; init; }
}
