using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;

namespace EchoApex.Heads.Specialists;

/// <summary>Options of <see cref="VideoEjectionFractionTask"/>.</summary>
public sealed record VideoEjectionFractionOptions
{
    /// <summary>The network.</summary>
    public VideoNetworkOptions Network { get; init; } = new();

    /// <summary>The error that is minimised.</summary>
    public VideoRegressionLoss Loss { get; init; } = VideoRegressionLoss.Squared;

    /// <summary>Which frames of a clip are seen.</summary>
    public FrameWindowOptions Windows { get; init; } = new();

    /// <summary>How training clips are varied: one draw for all frames of a clip.</summary>
    public FrameAugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Views to use, as the set names them; empty uses every clip that has an ejection fraction.</summary>
    public IReadOnlyList<string> Views { get; init; } = [];

    /// <summary>Bootstrap samples behind each interval; 0 leaves intervals out.</summary>
    [Range(0, 1_000_000)]
    public int BootstrapDraws { get; init; } = 1000;
}
