namespace EchoApex.Training.Loop;

/// <summary>How the encoder's weights start.</summary>
public enum BackboneInitializationKind
{
    /// <summary>As the reference: normal with standard deviation 0.02.</summary>
    Reference,

    /// <summary>
    /// Ours, for narrow networks, which 0.02 starves: every linear map normal with 1/sqrt(fan in), the position table
    /// two-dimensional sines and cosines times 0.3.
    /// </summary>
    FanIn,
}
