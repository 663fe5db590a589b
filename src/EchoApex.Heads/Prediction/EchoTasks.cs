namespace EchoApex.Heads.Prediction;

/// <summary>The tasks of a predictor.</summary>
[Flags]
public enum EchoTasks
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The view of a clip ("view").</summary>
    View = 1,

    /// <summary>Masks of structures ("segment").</summary>
    Segment = 2,

    /// <summary>Lengths of the left ventricle ("measure").</summary>
    Measure = 4,

    /// <summary>Ejection fraction ("ef").</summary>
    EjectionFraction = 8,

    /// <summary>All that the loaded models can.</summary>
    All = View | Segment | Measure | EjectionFraction,
}
