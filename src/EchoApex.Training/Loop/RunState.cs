namespace EchoApex.Training.Loop;

/// <summary>Where a run stands, beside its tensors: state.json of a checkpoint.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="SamplerPosition">Samples drawn.</param>
/// <param name="Clips">Clips found in the data, or patients or frames where it is balanced by them; another number means other data.</param>
/// <param name="Seed">The run's seed, from which all random streams of a step follow.</param>
/// <param name="Data">The data's fingerprint, where it has one.</param>
internal sealed record RunState(long Step, long SamplerPosition, int Clips, ulong Seed, string? Data = null);
