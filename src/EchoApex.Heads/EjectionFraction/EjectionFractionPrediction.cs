namespace EchoApex.Heads.EjectionFraction;

/// <summary>What the head says of a clip, averaged over its windows.</summary>
public sealed record EjectionFractionPrediction
{
    /// <summary>Ejection fraction in percent.</summary>
    public required double Percent { get; init; }

    /// <summary>Its standard deviation in percent: within the windows and between them.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>Half width of the 95 % interval under the likelihood that the head was trained with.</summary>
    public required double HalfWidth95 { get; init; }

    /// <summary>Probability of an ejection fraction below 50 %.</summary>
    public required double Below50 { get; init; }

    /// <summary>Probability of an ejection fraction below 40 %.</summary>
    public required double Below40 { get; init; }

    /// <summary>The frames that were seen, ascending.</summary>
    public required IReadOnlyList<int> Frames { get; init; }

    /// <summary>For each of these frames the probability to be its window's end diastole, averaged over windows.</summary>
    public required IReadOnlyList<double> EndDiastole { get; init; }

    /// <summary>For each of these frames the probability to be its window's end systole.</summary>
    public required IReadOnlyList<double> EndSystole { get; init; }
}
