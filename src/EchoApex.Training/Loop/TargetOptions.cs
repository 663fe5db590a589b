using System.ComponentModel.DataAnnotations;
using EchoApex.Training.Dino;

namespace EchoApex.Training.Loop;

/// <summary>What the student is to match.</summary>
public sealed record TargetOptions
{
    /// <summary>centering (DINO v1) or sinkhorn_knopp (DINOv2; ours in a v1 run).</summary>
    public TeacherTargets Kind { get; init; } = TeacherTargets.Centering;

    /// <summary>Iterations of Sinkhorn-Knopp.</summary>
    [Range(1, 100)]
    public int SinkhornIterations { get; init; } = 3;

    /// <summary>Share of the old center kept at each step.</summary>
    [Range(0.0, 1.0)]
    public double CenterMomentum { get; init; } = 0.9;

    /// <summary>Temperature of the student's softmax.</summary>
    [Range(1e-3, 10)]
    public double StudentTemperature { get; init; } = 0.1;

    /// <summary>Teacher temperature in the first epoch.</summary>
    [Range(1e-3, 10)]
    public double WarmupTeacherTemperature { get; init; } = 0.04;

    /// <summary>Teacher temperature after its warm-up.</summary>
    [Range(1e-3, 10)]
    public double TeacherTemperature { get; init; } = 0.04;

    /// <summary>Epochs of the teacher temperature's linear warm-up; it changes from epoch to epoch.</summary>
    [Range(0, 100_000)]
    public int TeacherTemperatureWarmupEpochs { get; init; }

    /// <summary>Ours in a v1 run (from DINOv2): weight of the KoLeo regulariser, summed over the two global crops; 0 turns it off.</summary>
    [Range(0.0, 100)]
    public double KoleoWeight { get; init; }
}
