namespace EchoApex.Heads.Studies;

/// <summary>A heart beat of a clip with what was measured in it.</summary>
public sealed record StudyBeat
{
    /// <summary>Number of the clip.</summary>
    public required int Clip { get; init; }

    /// <summary>Number of the beat in the clip, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Frame of end diastole.</summary>
    public required int EndDiastolicFrame { get; init; }

    /// <summary>Frame of end systole.</summary>
    public required int EndSystolicFrame { get; init; }

    /// <summary>Time from this end diastole to the next in ms; null where the clip does not show it or says no times.</summary>
    public double? DurationMs { get; init; }

    /// <summary>End-diastolic volume in mL by the method of discs in this view; null without pixel size, or in views without volume.</summary>
    public double? EndDiastolicVolumeMl { get; init; }

    /// <summary>End-systolic volume in mL.</summary>
    public double? EndSystolicVolumeMl { get; init; }

    /// <summary>Ejection fraction in % of the two.</summary>
    public double? EjectionFractionPercent { get; init; }

    /// <summary>Whether the study's values are of this beat.</summary>
    public bool IsRepresentative { get; init; }
}
