// Shape legend: B = images, V = crops an image (2 global + L local), K = prototypes. Rows are crop-major: all images of
// crop 0, then all of crop 1, ...
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dino;

/// <summary>
/// DINO's loss: cross-entropy between the teacher's view of each global crop and the student's view of every other crop.
/// </summary>
/// <remarks>
/// Caron et al., "Emerging Properties in Self-Supervised Vision Transformers", section 3.1, equations 1 to 4;
/// upstream: dino/main_dino.py DINOLoss. The center of step t comes from the steps before it: it is updated at the end of
/// the call. Losses and center are float32 (float64 for float64 inputs) whatever the network's precision.
/// <para>Thread safety: an instance belongs to one thread at a time.</para>
/// </remarks>
public sealed class DinoLoss : IDisposable
{
    /// <summary>Number of global crops, which alone the teacher sees.</summary>
    public const int GlobalCrops = 2;

    private const string CenterKey = "center";
    private readonly Tensor _center_1K;
    private readonly ICollective? _processes;

    /// <summary>Builds the loss with a center of zeros.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="device">Where the center lives; null for the CPU.</param>
    /// <param name="dtype">Type of the center: float32, or float64 for reference runs.</param>
    /// <param name="processes">All processes whose scores make center and assignments; null for this one alone.</param>
    /// <exception cref="ConfigurationException">An option lies outside its range.</exception>
    public DinoLoss(DinoLossOptions options, Device? device = null, ScalarType dtype = ScalarType.Float32, ICollective? processes = null)
    {
        _processes = processes;
        OptionsValidator.Validate(options, "DINO loss");
        Options = options;
        _center_1K = zeros(1, options.Prototypes, dtype, device ?? CPU).DetachFromDisposeScope();
    }

    /// <summary>The settings.</summary>
    public DinoLossOptions Options { get; }

    /// <summary>The running center [1, K]; owned by this object.</summary>
    public Tensor Center => _center_1K;

    /// <summary>Computes the loss of one batch and, with centering, updates the center afterwards.</summary>
    /// <param name="student_RK">Student scores of all crops, [V * B, K], global crops first.</param>
    /// <param name="teacher_RK">Teacher scores of the global crops, [2 * B, K]; no gradient flows into them.</param>
    /// <param name="teacherTemperature">This epoch's teacher temperature, above 0.</param>
    /// <param name="diagnostics">Whether entropy and divergence of the targets are computed too.</param>
    /// <exception cref="ArgumentException">The shapes do not fit the number of crops or prototypes.</exception>
    public DinoLossResult Compute(Tensor student_RK, Tensor teacher_RK, double teacherTemperature, bool diagnostics = true)
    {
        CheckShapes(student_RK, teacher_RK);
        using var scope = NewDisposeScope();
        var targets_RK = TakeTargets(teacher_RK, teacherTemperature);
        var loss = Compare(student_RK, targets_RK).MoveToOuterDisposeScope();
        return diagnostics
            ? new DinoLossResult(loss, TargetStatistics.MeanEntropy(targets_RK).MoveToOuterDisposeScope(), TargetStatistics.KlToUniform(targets_RK).MoveToOuterDisposeScope())
            : new DinoLossResult(loss, null, null);
    }

    /// <summary>A copy of the state, on the CPU: "center" [1, K]. The caller disposes it.</summary>
    public IReadOnlyDictionary<string, Tensor> SaveState()
    {
        using var scope = NewDisposeScope();
        return new Dictionary<string, Tensor> { [CenterKey] = _center_1K.cpu().clone().MoveToOuterDisposeScope() };
    }

    /// <summary>Restores a state of <see cref="SaveState"/>; the given tensors stay the caller's.</summary>
    /// <exception cref="CheckpointException">The center is missing or has another shape.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!state.TryGetValue(CenterKey, out var center) || !center.shape.SequenceEqual(_center_1K.shape))
        {
            throw new CheckpointException(
                "saved DINO loss", $"it has {(center is null ? "no center" : $"a center [{string.Join(", ", center.shape)}]")}; "
                + $"this run needs [1, {Options.Prototypes}]. Resume with the number of prototypes that the run was started with.");
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _center_1K.copy_(center);
    }

    /// <inheritdoc/>
    public void Dispose() => _center_1K.Dispose();

    /// <summary>The teacher's targets [2 * B, K] for its scores; with centering, the center is updated afterwards.</summary>
    internal Tensor TakeTargets(Tensor teacher_RK, double temperature)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        using var scope = NewDisposeScope();
        var scores_RK = teacher_RK.detach().to(_center_1K.dtype);
        var targets_RK = Targets(scores_RK, temperature);
        if (Options.Targets == TeacherTargets.Centering)
        {
            UpdateCenter(scores_RK);
        }

        return targets_RK.MoveToOuterDisposeScope();
    }

    /// <summary>The loss of student scores [V * B, K] against targets [2 * B, K].</summary>
    internal Tensor Compare(Tensor student_RK, Tensor targets_RK)
    {
        long batch = CheckShapes(student_RK, targets_RK);
        using var scope = NewDisposeScope();
        var logarithms_RK = nn.functional.log_softmax(student_RK.to(_center_1K.dtype).DividedBy(Options.StudentTemperature), -1);
        return CrossEntropy(logarithms_RK, targets_RK, batch).MoveToOuterDisposeScope();
    }

    private Tensor Targets(Tensor scores_RK, double temperature)
    {
        using var noGrad = no_grad();
        return Options.Targets == TeacherTargets.SinkhornKnopp
            ? SinkhornKnopp.Assign(scores_RK, temperature, Options.SinkhornIterations, _processes)
            : nn.functional.softmax((scores_RK - _center_1K).DividedBy(temperature), -1);
    }

    // Every teacher crop q with every student crop v != q. Summing the targets that a student crop meets first leaves one
    // product a crop instead of one a pair: a global crop meets the other global one, a local crop meets both.
    private Tensor CrossEntropy(Tensor logarithms_RK, Tensor targets_RK, long batch)
    {
        using var scope = NewDisposeScope();
        var targets_GBK = targets_RK.view(GlobalCrops, batch, Options.Prototypes);
        var logarithms_VBK = logarithms_RK.view(-1, batch, Options.Prototypes);
        long crops = logarithms_VBK.shape[0];
        var sum = (logarithms_VBK.narrow(0, 0, GlobalCrops) * targets_GBK.flip(0)).sum();
        if (crops > GlobalCrops)
        {
            var both_1BK = targets_GBK.sum(0, keepdim: true);
            sum = sum + (logarithms_VBK.narrow(0, GlobalCrops, crops - GlobalCrops) * both_1BK).sum();
        }

        double terms = GlobalCrops * (crops - 1);
        return sum.DividedBy(-(terms * batch)).MoveToOuterDisposeScope();
    }

    private void UpdateCenter(Tensor scores_RK)
    {
        using var noGrad = no_grad();
        using var mean_1K = scores_RK.mean([0], keepdim: true);
        _processes?.AllReduce(mean_1K, ReduceOperation.Average);
        using var contribution_1K = mean_1K.Times(1 - Options.CenterMomentum);
        _center_1K.TimesInPlace(Options.CenterMomentum).add_(contribution_1K);
    }

    private long CheckShapes(Tensor student_RK, Tensor teacher_RK)
    {
        ArgumentNullException.ThrowIfNull(student_RK);
        ArgumentNullException.ThrowIfNull(teacher_RK);
        long crops = GlobalCrops + Options.LocalCrops;
        bool fits = student_RK.dim() == 2 && teacher_RK.dim() == 2
            && student_RK.shape[1] == Options.Prototypes && teacher_RK.shape[1] == Options.Prototypes
            && teacher_RK.shape[0] > 0 && teacher_RK.shape[0] % GlobalCrops == 0
            && student_RK.shape[0] == teacher_RK.shape[0] / GlobalCrops * crops;
        if (!fits)
        {
            throw new ArgumentException(
                $"With {crops} crops and {Options.Prototypes} prototypes the student's scores must be [{crops} * images, {Options.Prototypes}] and the "
                + $"teacher's [{GlobalCrops} * images, {Options.Prototypes}]; got [{string.Join(", ", student_RK.shape)}] and [{string.Join(", ", teacher_RK.shape)}].");
        }

        return teacher_RK.shape[0] / GlobalCrops;
    }
}
