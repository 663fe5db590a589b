using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Measurement;

/// <summary>How <see cref="BeatDetector"/> finds end diastole and end systole. All values are ours.</summary>
public sealed record BeatOptions
{
    /// <summary>Standard deviation in ms of the Gaussian that smooths the signal; 0 leaves it.</summary>
    [Range(0.0, 500)]
    public double SmoothingMs { get; init; } = 30;

    /// <summary>Smallest time in ms between two end diastoles, and between two end systoles; the default allows 200 beats a minute.</summary>
    [Range(0.0, 5000)]
    public double MinimumDistanceMs { get; init; } = 300;

    /// <summary>Smallest swing between a diastole and the next systole, as a share of the signal's range between its 5th and 95th percentile.</summary>
    [Range(0.01, 1.0)]
    public double ProminenceShare { get; init; } = 0.4;
}
