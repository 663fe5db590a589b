using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.Optimization;

/// <summary>Constants of <see cref="AdamW"/>; learning rate and weight decay come with each step.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the gradients' running mean.</summary>
    [Range(0, 0.999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the squared gradients' running mean.</summary>
    [Range(0, 0.99999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator.</summary>
    [Range(0, 1)]
    public double Epsilon { get; init; } = 1e-8;
}
