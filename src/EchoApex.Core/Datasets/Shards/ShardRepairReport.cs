namespace EchoApex.Core.Datasets.Shards;

/// <summary>What <see cref="ShardRepair"/> did to one shard.</summary>
/// <param name="Shard">The archive.</param>
/// <param name="Actions">What was done, one sentence each; empty when nothing was wrong.</param>
/// <param name="Kept">Clips that the shard holds now.</param>
/// <param name="Lost">Clips that were lost, where their names are known.</param>
/// <param name="Faults">What was found wrong, each with its place in the archive.</param>
public sealed record ShardRepairReport(string Shard, IReadOnlyList<string> Actions, int Kept, IReadOnlyList<string> Lost, IReadOnlyList<string> Faults);
