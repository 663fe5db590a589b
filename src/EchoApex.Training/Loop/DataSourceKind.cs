namespace EchoApex.Training.Loop;

/// <summary>What the paths of a run's data are.</summary>
public enum DataSourceKind
{
    /// <summary>Shards where every path is a folder with shards.json, else clips.</summary>
    Auto,

    /// <summary>Clip files, and folders that are searched through.</summary>
    Clips,

    /// <summary>Folders of shards.</summary>
    Shards,
}
