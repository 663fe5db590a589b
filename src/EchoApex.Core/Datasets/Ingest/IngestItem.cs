namespace EchoApex.Core.Datasets.Ingest;

/// <summary>A file or folder of pictures to be looked at, in the input or taken out of an archive.</summary>
/// <param name="Name">Its place in the input: root, folders and name with '/', then '!' and the name within an archive; "#2" and so on behind a name that another clip has.</param>
/// <param name="Key">Its key: a keyed hash of the name.</param>
/// <param name="Group">The folder it lies in, or the archive and the folder within: what it shares with clips of the same patient where folders are patients.</param>
internal sealed record IngestItem(string Name, string Key, string Group)
{
    /// <summary>Where its bytes are now; null where it is known already or cannot be taken out.</summary>
    public string? Path { get; init; }

    /// <summary>Whether the path is deleted after use.</summary>
    public bool IsTemporary { get; init; }

    /// <summary>What tells its content from another's, where the archive said it; null where it is to be had from the path.</summary>
    public string? Content { get; init; }

    /// <summary>Why it cannot be taken out; null otherwise.</summary>
    public string? Fault { get; init; }

    /// <summary>What an earlier run made of it; null where it is new.</summary>
    public ClipAudit? Done { get; init; }
}
