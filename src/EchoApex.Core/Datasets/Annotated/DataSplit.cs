namespace EchoApex.Core.Datasets.Annotated;

/// <summary>What a clip is used for.</summary>
public enum DataSplit
{
    /// <summary>Fits weights.</summary>
    Train,

    /// <summary>Makes choices: when to stop, which settings, which threshold.</summary>
    Validation,

    /// <summary>Judges; nothing is fitted or chosen on it.</summary>
    Test,
}
