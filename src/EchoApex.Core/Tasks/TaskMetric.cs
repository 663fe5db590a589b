namespace EchoApex.Core.Tasks;

/// <summary>One figure of an evaluation.</summary>
/// <param name="Name">What it is, snake case, with its unit where it has one: "balanced_accuracy", "dice_left_ventricle", "mae_lvid_mm".</param>
/// <param name="Value">The figure; NaN where no case allows it.</param>
/// <param name="Low">Lower end of the 95 % bootstrap interval by patient; NaN where there is none.</param>
/// <param name="High">Upper end.</param>
/// <param name="Cases">Cases that it is made of.</param>
public sealed record TaskMetric(string Name, double Value, double Low, double High, int Cases);
