namespace EchoApex.Heads.Measurement;

/// <summary>Why something cannot be measured.</summary>
public enum MeasurementRefusal
{
    /// <summary>The size of a pixel is unknown: lengths in mm and volumes in ml do not exist.</summary>
    NoPixelSpacing,

    /// <summary>The pixels may be oblong and their proportion is unknown: even ratios of lengths in different directions do not exist.</summary>
    UnknownPixelProportion,

    /// <summary>A point that the measure needs is absent.</summary>
    MissingPoint,

    /// <summary>The structure is absent from the mask.</summary>
    EmptyMask,

    /// <summary>The structure is too small or too thin for the method.</summary>
    TooSmall,
}
