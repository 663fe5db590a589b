namespace EchoApex.Core.Deidentification;

/// <summary>What is done with a DICOM data element; the letters are those of PS3.15 table E.1-1.</summary>
public enum TagAction
{
    /// <summary>X: removed.</summary>
    Remove,

    /// <summary>Z: kept without value.</summary>
    Empty,

    /// <summary>D: replaced by a pseudonym.</summary>
    Pseudonym,

    /// <summary>U: replaced by another UID, the same wherever the original stood.</summary>
    Uid,

    /// <summary>Moved by the patient's number of days.</summary>
    ShiftDate,

    /// <summary>Kept in a coarser form, such as an age of at most 90 years.</summary>
    Coarsen,

    /// <summary>K: kept, or written anew with the same meaning.</summary>
    Keep,
}
