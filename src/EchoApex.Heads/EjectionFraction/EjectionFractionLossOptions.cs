using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Weights of <see cref="EjectionFractionLoss"/>; all ours.</summary>
public sealed record EjectionFractionLossOptions
{
    /// <summary>The distribution of the ejection fraction around its prediction.</summary>
    public EjectionFractionLikelihood Likelihood { get; init; } = EjectionFractionLikelihood.Gaussian;

    /// <summary>Weight of the cross-entropy of the end-diastolic and end-systolic frame.</summary>
    [Range(0.0, 1000)]
    public double PhaseWeight { get; init; } = 0.2;

    /// <summary>Standard deviation in ms of the target around an end-diastolic or end-systolic frame.</summary>
    [Range(0.1, 1000)]
    public double PhaseSigmaMs { get; init; } = 30;

    /// <summary>Weight of the cross-entropy of the classes below 50 and 40 %.</summary>
    [Range(0.0, 1000)]
    public double ClassWeight { get; init; } = 0.2;
}
