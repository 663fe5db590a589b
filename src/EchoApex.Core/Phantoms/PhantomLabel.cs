namespace EchoApex.Core.Phantoms;

/// <summary>Values of a phantom's label masks.</summary>
public enum PhantomLabel
{
    /// <summary>None of the others, and everything outside the sector.</summary>
    Background = 0,

    /// <summary>Left ventricular cavity; papillary muscles and leaflets count as cavity, as in volume tracing.</summary>
    LeftVentricle = 1,

    /// <summary>Left ventricular myocardium.</summary>
    LeftVentricularMyocardium = 2,

    /// <summary>Left atrium.</summary>
    LeftAtrium = 3,

    /// <summary>Right ventricular cavity.</summary>
    RightVentricle = 4,

    /// <summary>Right atrium.</summary>
    RightAtrium = 5,
}
