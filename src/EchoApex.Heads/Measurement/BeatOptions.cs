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

    // A beat that comes early is seldom earlier than this share of the others.
    private const double LeastShareOfBeat = 0.6;

    /// <summary>Options for a clip whose file says a heart rate: swings much faster than that are noise of the signal, not beats.</summary>
    /// <param name="beatsPerMinute">The rate; null, or one that no heart has (below 20 or above 300), gives the defaults.</param>
    public static BeatOptions ForHeartRate(double? beatsPerMinute) => beatsPerMinute is >= 20 and <= 300 and var rate
        ? new BeatOptions { MinimumDistanceMs = LeastShareOfBeat * 60_000 / rate }
        : new BeatOptions();
}
