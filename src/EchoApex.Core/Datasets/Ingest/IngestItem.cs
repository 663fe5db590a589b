namespace EchoApex.Core.Datasets.Ingest;

/// <summary>A file or folder of pictures to be looked at, in the input or taken out of an archive.</summary>
/// <param name="Name">Its place in the input: root, folders and name with '/', then '!' and the name within an archive.</param>
/// <param name="Key">Its key: a keyed hash of the name.</param>
/// <param name="Path">Where its bytes are now; null where it is known already or cannot be taken out.</param>
/// <param name="IsTemporary">Whether the path is deleted after use.</param>
/// <param name="Fault">Why it cannot be taken out; null otherwise.</param>
internal sealed record IngestItem(string Name, string Key, string? Path, bool IsTemporary, string? Fault = null);
