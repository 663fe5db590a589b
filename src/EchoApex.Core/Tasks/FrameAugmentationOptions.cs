using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Configuration;

namespace EchoApex.Core.Tasks;

/// <summary>How training frames of a task are varied. All values are ours. Nothing is flipped: a mirrored heart is another anatomy.</summary>
public sealed record FrameAugmentationOptions
{
    /// <summary>Largest rotation about the middle, in degrees, either way.</summary>
    [Range(0.0, 180.0)]
    public double RotationDegrees { get; init; } = 10;

    /// <summary>Smallest and largest magnification.</summary>
    [Bounds(0.1, 10)]
    public ValueRange Scale { get; init; } = new(0.85, 1.15);

    /// <summary>Largest shift along each axis, as a share of the side.</summary>
    [Range(0.0, 1.0)]
    public double Shift { get; init; } = 0.06;

    /// <summary>Largest change of the gray map: gamma is exp of a number drawn within plus and minus this.</summary>
    [Range(0.0, 3.0)]
    public double LogGamma { get; init; } = 0.3;

    /// <summary>Largest change of contrast: exp of a number drawn within plus and minus this.</summary>
    [Range(0.0, 3.0)]
    public double LogContrast { get; init; } = 0.2;

    /// <summary>Largest change of brightness, as a share of the range, either way.</summary>
    [Range(0.0, 1.0)]
    public double Offset { get; init; } = 0.08;

    /// <summary>Largest deviation of added noise, as a share of the range.</summary>
    [Range(0.0, 1.0)]
    public double Noise { get; init; } = 0.05;
}
