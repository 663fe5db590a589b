using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Evaluation;

/// <summary>Settings of the linear probe.</summary>
public sealed record LinearProbeOptions
{
    /// <summary>Weight λ of the penalty: the objective is the mean cross-entropy plus λ/2 times the squared weights (biases are free).</summary>
    [Range(0.0, 1e6)]
    public double L2 { get; init; } = 1e-2;

    /// <summary>The λ among which <see cref="LinearProbe.FitSelecting"/> chooses.</summary>
    public IReadOnlyList<double> L2Candidates { get; init; } = [1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1];

    /// <summary>Whether <see cref="LinearProbe.FitSelecting"/> fits on the validation samples too once λ is chosen.</summary>
    public bool RefitOnValidation { get; init; } = true;

    /// <summary>The fit ends when no entry of the gradient is larger.</summary>
    [Range(1e-12, 1.0)]
    public double Tolerance { get; init; } = 1e-6;

    /// <summary>Largest number of iterations.</summary>
    [Range(1, 1_000_000)]
    public int MaximumIterations { get; init; } = 2000;
}
