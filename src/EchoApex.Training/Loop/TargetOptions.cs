using System.ComponentModel.DataAnnotations;
using EchoApex.Training.Dino;

namespace EchoApex.Training.Loop;

/// <summary>What the student is to match.</summary>
public sealed record TargetOptions
{
    /// <summary>centering (DINO v1, DINOv2's default) or sinkhorn_knopp (DINOv2's large models; ours in a v1 run).</summary>
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

    /// <summary>Teacher temperature at the start.</summary>
    [Range(1e-3, 10)]
    public double WarmupTeacherTemperature { get; init; } = 0.04;

    /// <summary>Teacher temperature after its warm-up.</summary>
    [Range(1e-3, 10)]
    public double TeacherTemperature { get; init; } = 0.04;

    /// <summary>Epochs of the teacher temperature's linear warm-up; it changes from epoch to epoch in stage dino, from step to step in stage dinov2.</summary>
    [Range(0, 100_000)]
    public int TeacherTemperatureWarmupEpochs { get; init; }

    /// <summary>Stage dinov2: weight of the loss of the cls tokens; 0 turns it off. In stage dino it is the whole loss.</summary>
    [Range(0.0, 100)]
    public double DinoWeight { get; init; } = 1;

    /// <summary>Weight of the KoLeo regulariser, summed over the two global crops; 0 turns it off. DINOv2: 0.1; ours in a v1 run.</summary>
    [Range(0.0, 100)]
    public double KoleoWeight { get; init; }

    /// <summary>With several processes: among whose samples neighbours are sought, process (the reference) or all_processes (ours).</summary>
    public KoLeoScope KoleoScope { get; init; }
}
