using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>Which frames of a clip the head sees; see <see cref="FrameWindows"/>. All values are ours.</summary>
public sealed record FrameWindowOptions
{
    /// <summary>Frames of a window; a clip with fewer is taken whole.</summary>
    [Range(1, 512)]
    public int Frames { get; init; } = 16;

    /// <summary>Heart beats that a window covers where heart rate and frame times are known.</summary>
    [Range(0.1, 20.0)]
    public double Beats { get; init; } = 1.5;

    /// <summary>Time in ms that a window covers where frame times are known but the heart rate is not.</summary>
    [Range(10.0, 60_000)]
    public double DurationMs { get; init; } = 1300;

    /// <summary>Distance of two frames of a window where frame times are unknown.</summary>
    [Range(1, 64)]
    public int FrameStep { get; init; } = 2;

    /// <summary>Windows of a clip whose predictions are averaged at test time; a clip that one window covers gives one.</summary>
    [Range(1, 64)]
    public int TestWindows { get; init; } = 3;
}
