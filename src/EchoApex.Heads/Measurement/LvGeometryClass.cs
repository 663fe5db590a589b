namespace EchoApex.Heads.Measurement;

/// <summary>The pattern of left ventricular geometry.</summary>
public enum LvGeometryClass
{
    /// <summary>Mass and relative wall thickness within limits.</summary>
    Normal,

    /// <summary>Thick walls for the cavity, mass within limits.</summary>
    ConcentricRemodeling,

    /// <summary>Thick walls for the cavity and a raised mass.</summary>
    ConcentricHypertrophy,

    /// <summary>A raised mass without thick walls for the cavity.</summary>
    EccentricHypertrophy,
}
