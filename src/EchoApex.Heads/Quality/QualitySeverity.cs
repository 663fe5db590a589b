namespace EchoApex.Heads.Quality;

/// <summary>How much a finding matters.</summary>
public enum QualitySeverity
{
    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Results of the clip deserve a second look.</summary>
    Warning,

    /// <summary>The clip is not measured.</summary>
    Unusable,
}
