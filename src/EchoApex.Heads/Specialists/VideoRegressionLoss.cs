namespace EchoApex.Heads.Specialists;

/// <summary>The error that a <see cref="VideoEjectionFractionTask"/> minimises, in standard deviations of the training labels.</summary>
public enum VideoRegressionLoss
{
    /// <summary>The squared error, as in EchoNet-Dynamic.</summary>
    Squared,

    /// <summary>The absolute error.</summary>
    Absolute,
}
