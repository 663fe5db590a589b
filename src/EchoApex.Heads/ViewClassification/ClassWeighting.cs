namespace EchoApex.Heads.ViewClassification;

/// <summary>How much a training sample of a rare class counts in the loss.</summary>
public enum ClassWeighting
{
    /// <summary>As any other.</summary>
    None,

    /// <summary>By the inverse of its class's size, mean 1 over the samples.</summary>
    Balanced,
}
