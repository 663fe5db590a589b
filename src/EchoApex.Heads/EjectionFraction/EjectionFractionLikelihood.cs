namespace EchoApex.Heads.EjectionFraction;

/// <summary>The distribution of the ejection fraction around its prediction.</summary>
public enum EjectionFractionLikelihood
{
    /// <summary>Normal: squared errors over the variance.</summary>
    Gaussian,

    /// <summary>Laplace: absolute errors over the scale; outlying labels weigh less.</summary>
    Laplace,
}
