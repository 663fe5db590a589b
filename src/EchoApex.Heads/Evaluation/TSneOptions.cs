using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Evaluation;

/// <summary>Settings of the two-dimensional map.</summary>
public sealed record TSneOptions
{
    /// <summary>Effective number of neighbours of a point; capped at a third of the number of points.</summary>
    [Range(1.0, 1000.0)]
    public double Perplexity { get; init; } = 30;

    /// <summary>Gradient steps, the first quarter of them exaggerated.</summary>
    [Range(10, 100_000)]
    public int Iterations { get; init; } = 1000;

    /// <summary>Factor on the attraction at the start, so that clusters can find their place.</summary>
    [Range(1.0, 100.0)]
    public double Exaggeration { get; init; } = 12;

    /// <summary>Principal components that distances are measured in; fewer when the features are shorter.</summary>
    [Range(2, 1000)]
    public int Components { get; init; } = 50;

    /// <summary>Whether rows are scaled to length 1 first, so that distances rank like cosine similarity.</summary>
    public bool Normalize { get; init; } = true;
}
