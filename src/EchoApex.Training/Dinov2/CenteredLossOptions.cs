using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.Dinov2;

/// <summary>Settings of DINOv2's two cross-entropy losses; the defaults are upstream's.</summary>
public sealed record CenteredLossOptions
{
    /// <summary>Number of prototypes K.</summary>
    [Range(2, 1 << 24)]
    public int Prototypes { get; init; } = 65536;

    /// <summary>Temperature of the student's softmax.</summary>
    [Range(1e-6, 100)]
    public double StudentTemperature { get; init; } = 0.1;

    /// <summary>Share of the old center that is kept at each step.</summary>
    [Range(0.0, 1.0)]
    public double CenterMomentum { get; init; } = 0.9;
}
