using EchoApex.Core.Imaging;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Studies;

/// <summary>An apical clip, segmented and cut into beats.</summary>
internal sealed record ApicalReading
{
    public required ExaminedClip Clip { get; init; }

    public required string View { get; init; }

    public required IReadOnlyList<ApicalFrame> Frames { get; init; }

    /// <summary>Measurable beats: places in <see cref="Frames"/>.</summary>
    public required IReadOnlyList<Beat> Beats { get; init; }

    /// <summary>Volume in mL of each frame where a pixel's size is known, else the area in pixels; NaN where a frame has none.</summary>
    public required IReadOnlyList<double> Signal { get; init; }

    public required IReadOnlyList<double> TimesMs { get; init; }

    /// <summary>Place in <see cref="Beats"/> of the beat with the median ejection fraction; null without a beat.</summary>
    public required int? Representative { get; init; }

    /// <summary>Why nothing is measured; null where something is.</summary>
    public required string? Abstention { get; init; }

    public PixelSpacing? Spacing => Clip.Facts.SpacingMm;

    public ApicalFrame? EndDiastole => Representative is { } beat ? Frames[Beats[beat].EndDiastole!.Value] : null;

    public ApicalFrame? EndSystole => Representative is { } beat ? Frames[Beats[beat].EndSystole!.Value] : null;

    /// <summary>Ejection fraction in % of a beat; without a pixel's size it cannot be had.</summary>
    public static double? EjectionFraction(LvTrace? diastole, LvTrace? systole) =>
        diastole is { HasPhysicalSize: true } && systole is not null ? SimpsonVolume.EjectionFractionPercent(diastole, systole) : null;
}
