using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Prediction;

/// <summary>What comes in by a <see cref="LiveEchoStream"/>, and what is made of it.</summary>
public sealed record LiveStreamOptions
{
    /// <summary>Rows of a frame.</summary>
    [Range(8, 8192)]
    public required int Height { get; init; }

    /// <summary>Columns of a frame.</summary>
    [Range(8, 8192)]
    public required int Width { get; init; }

    /// <summary>1 (gray) or 3 (red, green, blue).</summary>
    [AllowedValues(1, 3)]
    public int Channels { get; init; } = 1;

    /// <summary>Size of a pixel; null when unknown: areas in mm² are then absent.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>Frames that may wait to be judged; where one more comes the oldest is dropped and counted.</summary>
    [Range(1, 1024)]
    public int Capacity { get; init; } = 4;

    /// <summary>Frames by which the ultrasound sector is found at the start; nothing is judged before they are there.</summary>
    [Range(1, 64)]
    public int CalibrationFrames { get; init; } = 12;

    /// <summary>Frames over which the view is averaged.</summary>
    [Range(1, 1000)]
    public int ViewFrames { get; init; } = 15;

    /// <summary>The structure whose mask is made; null makes none.</summary>
    public string? Structure { get; init; } = "left_ventricle";

    /// <summary>Every how many frames a mask is made.</summary>
    [Range(1, 1000)]
    public int MaskEvery { get; init; } = 1;

    /// <summary>Time in ms between two ejection fractions.</summary>
    [Range(10.0, 60_000)]
    public double EjectionFractionIntervalMs { get; init; } = 500;

    /// <summary>Results that may wait to be taken; where one more comes the oldest is dropped and counted.</summary>
    [Range(1, 100_000)]
    public int ResultCapacity { get; init; } = 64;
}
