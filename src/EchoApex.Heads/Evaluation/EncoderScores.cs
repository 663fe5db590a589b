namespace EchoApex.Heads.Evaluation;

/// <summary>What the probes say of one encoder.</summary>
/// <param name="Name">The encoder.</param>
/// <param name="Knn">k-nearest neighbours on the frames' vectors.</param>
/// <param name="Linear">Linear probe on the frames' vectors.</param>
/// <param name="ClsMeanLinear">Linear probe on the frames' vectors followed by their mean patches; null when not asked for.</param>
/// <param name="Patches">Patch probe; null when not asked for.</param>
public sealed record EncoderScores(string Name, ProbeScore Knn, ProbeScore Linear, ProbeScore? ClsMeanLinear, PatchScore? Patches);
