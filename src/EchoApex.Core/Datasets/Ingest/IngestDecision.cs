namespace EchoApex.Core.Datasets.Ingest;

/// <summary>What became of a file.</summary>
public enum IngestDecision
{
    /// <summary>Stored in a shard.</summary>
    Stored,

    /// <summary>Held back, because it is not sure that its pixels name nobody.</summary>
    Quarantined,

    /// <summary>Left out by rule: a class that is not asked for, or a duplicate.</summary>
    Excluded,

    /// <summary>Could not be read.</summary>
    Failed,
}
