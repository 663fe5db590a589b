namespace EchoApex.Testing.PublicSets;

/// <summary>What a replica of a public data set holds: phantoms in the set's own layout.</summary>
public sealed record ReplicaOptions
{
    /// <summary>Clips, pictures or patients that can be used; damaged ones come on top.</summary>
    public int Count { get; init; } = 10;

    public ulong Seed { get; init; }

    /// <summary>Rows and columns of a frame.</summary>
    public int ImageSize { get; init; } = 112;

    /// <summary>Frames of a clip, one beat.</summary>
    public int Frames { get; init; } = 10;

    /// <summary>Whether to add what real copies have: other suffixes, wrong columns, damaged rows, missing files and tracings.</summary>
    public bool Traps { get; init; } = true;
}
