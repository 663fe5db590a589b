namespace EchoApex.Core.Datasets.Shards;

/// <summary>What <see cref="ClipPacker"/> did.</summary>
/// <param name="Manifest">The set as it is now.</param>
/// <param name="Added">Clips packed by this run.</param>
/// <param name="Present">Clips that were in the set already.</param>
/// <param name="Skipped">Files left out, with their reasons.</param>
public sealed record PackOutcome(ShardManifest Manifest, int Added, int Present, IReadOnlyList<SkippedClip> Skipped);
