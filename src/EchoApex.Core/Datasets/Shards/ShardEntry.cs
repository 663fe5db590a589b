namespace EchoApex.Core.Datasets.Shards;

/// <summary>One shard in the list of a set.</summary>
/// <param name="Name">The archive's file name; its index has the same name with the extension .idx.</param>
/// <param name="Clips">Clips.</param>
/// <param name="Frames">Frames.</param>
/// <param name="Bytes">Bytes of the archive.</param>
/// <param name="Sha256">SHA-256 of the archive, lower-case hexadecimal.</param>
public sealed record ShardEntry(string Name, int Clips, int Frames, long Bytes, string Sha256);
