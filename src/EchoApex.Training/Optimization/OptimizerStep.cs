namespace EchoApex.Training.Optimization;

/// <summary>What the schedules say for one optimizer step; each group multiplies rate and decay by its own factors.</summary>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="WeightDecay">Weight decay.</param>
public readonly record struct OptimizerStep(double LearningRate, double WeightDecay)
{
    /// <summary>
    /// DINO's way to hold the last layer still: its groups are skipped entirely, so that neither weights nor moments nor
    /// step count change.
    /// </summary>
    public bool SkipLastLayer { get; init; }

    /// <summary>
    /// DINOv2's way: another learning rate for the last layer, 0 at first; moments and step count do advance. Null for the
    /// common rate.
    /// </summary>
    public double? LastLayerLearningRate { get; init; }

    internal (double LearningRate, double WeightDecay) For(ParameterGroup group) =>
        ((group.IsLastLayer ? LastLayerLearningRate ?? LearningRate : LearningRate) * group.LearningRateMultiplier,
            WeightDecay * group.WeightDecayMultiplier);
}
