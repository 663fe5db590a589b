namespace EchoApex.Heads.Studies;

/// <summary>What a consistency check says.</summary>
public enum CheckOutcome
{
    /// <summary>The values agree.</summary>
    Passed,

    /// <summary>They do not: look again.</summary>
    Failed,

    /// <summary>What the check needs is missing.</summary>
    NotPossible,
}
