namespace EchoApex.Training.Loop;

/// <summary>What came of one training step.</summary>
/// <param name="IsFinite">False when loss or gradients were not finite; the optimizer step was not taken then.</param>
/// <param name="Terms">Loss, its terms, and what else was measured, by name.</param>
public sealed record TrainingStep(bool IsFinite, IReadOnlyDictionary<string, double> Terms);
