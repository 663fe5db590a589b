namespace EchoApex.Core.Runtime;

/// <summary>How a finding of an environment report is to be taken.</summary>
public enum FindingStatus
{
    /// <summary>As needed.</summary>
    Ok,

    /// <summary>Something optional is absent: one part of EchoApex cannot be used.</summary>
    Absent,

    /// <summary>Something required is missing or broken.</summary>
    Fault,
}
