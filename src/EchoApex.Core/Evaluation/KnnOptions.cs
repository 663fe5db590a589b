using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Evaluation;

/// <summary>Settings of the nearest-neighbour probe; the defaults are those of DINO's evaluation.</summary>
public sealed record KnnOptions
{
    /// <summary>Number of neighbours that vote; capped by the size of the gallery.</summary>
    [Range(1, 100_000)]
    public int Neighbours { get; init; } = 20;

    /// <summary>Temperature T: a neighbour of cosine similarity s votes with exp(s / T).</summary>
    [Range(1e-4, 1e4)]
    public double Temperature { get; init; } = 0.07;
}
