namespace EchoApex.Training.Optimization;

/// <summary>Parameters that share their learning rate and weight decay.</summary>
/// <param name="Name">Unique among the groups of an optimizer; part of the saved state's names.</param>
/// <param name="Parameters">Trainable parameters, each in one group only.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<NamedParameter> Parameters)
{
    /// <summary>Factor on the step's learning rate.</summary>
    public double LearningRateMultiplier { get; init; } = 1;

    /// <summary>Factor on the step's weight decay: 0 or 1 in both recipes.</summary>
    public double WeightDecayMultiplier { get; init; } = 1;

    /// <summary>Whether these are the head's prototypes, which the recipes hold still at first.</summary>
    public bool IsLastLayer { get; init; }
}
