using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.Dino;

/// <summary>Settings of <see cref="DinoLoss"/>; the defaults are those of DINO's main_dino.py.</summary>
public sealed record DinoLossOptions
{
    /// <summary>Number of prototypes K.</summary>
    [Range(2, 1 << 24)]
    public int Prototypes { get; init; } = 65536;

    /// <summary>Local crops an image, beside the two global ones.</summary>
    [Range(0, 1024)]
    public int LocalCrops { get; init; } = 8;

    /// <summary>Temperature of the student's softmax.</summary>
    [Range(1e-6, 100)]
    public double StudentTemperature { get; init; } = 0.1;

    /// <summary>Share of the old center that is kept at each step (centering only).</summary>
    [Range(0, 1)]
    public double CenterMomentum { get; init; } = 0.9;

    /// <summary>Centering (DINO) or Sinkhorn-Knopp.</summary>
    public TeacherTargets Targets { get; init; } = TeacherTargets.Centering;

    /// <summary>Iterations of Sinkhorn-Knopp, when that is chosen.</summary>
    [Range(1, 100)]
    public int SinkhornIterations { get; init; } = 3;
}
