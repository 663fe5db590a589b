namespace EchoApex.Heads.EjectionFraction;

/// <summary>One clip that was judged.</summary>
public sealed record EjectionFractionCase
{
    /// <summary>Name of the clip.</summary>
    public required string Name { get; init; }

    /// <summary>The patient: the unit of the bootstrap.</summary>
    public required string Patient { get; init; }

    /// <summary>True ejection fraction in percent.</summary>
    public required double Truth { get; init; }

    /// <summary>Predicted ejection fraction in percent.</summary>
    public required double Predicted { get; init; }

    /// <summary>Half width of the predicted 95 % interval in percent; null where the network gives none.</summary>
    public double? HalfWidth95 { get; init; }

    /// <summary>Predicted probability of an ejection fraction below 50 %; null where the network gives none.</summary>
    public double? Below50 { get; init; }

    /// <summary>Predicted probability of an ejection fraction below 40 %; null where the network gives none.</summary>
    public double? Below40 { get; init; }

    /// <summary>Predicted minus true frame of end diastole; null where the set does not say it.</summary>
    public double? EndDiastoleErrorFrames { get; init; }

    /// <summary>Predicted minus true frame of end systole; null where the set does not say it.</summary>
    public double? EndSystoleErrorFrames { get; init; }

    /// <summary>The error of end diastole in ms; null where frame times are unknown too.</summary>
    public double? EndDiastoleErrorMs { get; init; }

    /// <summary>The error of end systole in ms; null where frame times are unknown too.</summary>
    public double? EndSystoleErrorMs { get; init; }
}
