namespace EchoApex.Heads.Studies;

/// <summary>What became of a clip.</summary>
public enum ClipUse
{
    /// <summary>Something was measured from it.</summary>
    Measured,

    /// <summary>It was read and looked at, but nothing was measured from it.</summary>
    NotMeasured,

    /// <summary>It could not be read.</summary>
    Unreadable,
}
