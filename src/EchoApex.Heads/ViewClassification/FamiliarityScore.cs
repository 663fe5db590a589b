namespace EchoApex.Heads.ViewClassification;

/// <summary>How like a model's training pictures a clip is.</summary>
/// <param name="Distance">Mean cosine distance of its frames to the nearest training frames, 0 to 2.</param>
/// <param name="Limit">The distance that 99 % of validation or training frames stay below, with a margin.</param>
public sealed record FamiliarityScore(double Distance, double Limit)
{
    /// <summary>Whether it is farther than the limit.</summary>
    public bool IsUnfamiliar => Distance > Limit;
}
