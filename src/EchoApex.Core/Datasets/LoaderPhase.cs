namespace EchoApex.Core.Datasets;

/// <summary>What a loader's thread is busy with.</summary>
public enum LoaderPhase
{
    /// <summary>Waiting for work: batches enough are ready ahead.</summary>
    Wait,

    /// <summary>Reading bytes.</summary>
    Read,

    /// <summary>Turning stored bytes into pixels.</summary>
    Decode,

    /// <summary>Making what the network sees of the pixels, and all that is not named here.</summary>
    Augment,
}
