// Shape legend: B = images, S = student crops, T = teacher crops, K = prototypes. Rows are crop-major.
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>DINOv2's image-level loss: cross-entropy between teacher and student over the cls tokens of crops.</summary>
/// <remarks>
/// Oquab et al., "DINOv2", section 4 (image-level objective); upstream: dinov2/loss/dino_clstoken_loss.py DINOLoss. In each
/// step call <see cref="Targets"/>, then <see cref="UpdateCenter"/>; the update takes effect at the next call of
/// <see cref="Targets"/>. With Sinkhorn-Knopp targets neither is called.
/// <para>Thread safety: an instance belongs to one thread at a time.</para>
/// </remarks>
public sealed class DinoClsTokenLoss : IDisposable
{
    private readonly PendingCenter _center;

    /// <summary>Builds the loss with a center of zeros.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="device">Where the center lives; null for the CPU.</param>
    /// <param name="dtype">Type of the center: float32, or float64 for reference runs.</param>
    /// <param name="processes">All processes whose scores make the center; null for this one alone.</param>
    /// <exception cref="ConfigurationException">An option lies outside its range.</exception>
    public DinoClsTokenLoss(CenteredLossOptions options, Device? device = null, ScalarType dtype = ScalarType.Float32, ICollective? processes = null)
    {
        OptionsValidator.Validate(options, "DINO cls-token loss");
        Options = options;
        _center = new PendingCenter("DINO cls-token loss", options.Prototypes, options.CenterMomentum, device, dtype, processes);
    }

    /// <summary>The settings.</summary>
    public CenteredLossOptions Options { get; }

    /// <summary>The running center [1, K] without the pending update; owned by this object.</summary>
    public Tensor Center => _center.Value;

    /// <summary>Applies the pending update of the center, then centers and sharpens.</summary>
    /// <param name="teacher_RK">Teacher scores [rows, K].</param>
    /// <param name="temperature">Teacher temperature, above 0.</param>
    /// <returns>Probabilities [rows, K], without gradient.</returns>
    public Tensor Targets(Tensor teacher_RK, double temperature) => _center.Targets(teacher_RK, temperature);

    /// <summary>Stores the mean of the teacher's scores [rows, K] for the next step.</summary>
    public void UpdateCenter(Tensor teacher_RK) => _center.Store(teacher_RK);

    /// <summary>
    /// The sum over all pairs of a student crop and a teacher crop of the batch's mean cross-entropy, as a scalar. The
    /// caller divides by the number of terms.
    /// </summary>
    /// <remarks>
    /// Local crops: S local crops against T = 2. Global crops: one call with S = T = 1 over all 2B rows, the teacher's two
    /// halves swapped; its mean over 2B rows counts twice.
    /// </remarks>
    /// <param name="student_RK">Student scores [S * B, K].</param>
    /// <param name="targets_QK">Teacher probabilities [T * B, K].</param>
    /// <param name="studentCrops">S.</param>
    /// <param name="teacherCrops">T.</param>
    /// <exception cref="ArgumentException">The rows do not divide into crops of equal batches.</exception>
    public Tensor Compute(Tensor student_RK, Tensor targets_QK, int studentCrops, int teacherCrops)
    {
        ArgumentNullException.ThrowIfNull(student_RK);
        ArgumentNullException.ThrowIfNull(targets_QK);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(studentCrops);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(teacherCrops);
        long batch = student_RK.shape[0] / studentCrops;
        long prototypes = Options.Prototypes;
        if (student_RK.dim() != 2 || targets_QK.dim() != 2 || student_RK.shape[1] != prototypes || targets_QK.shape[1] != prototypes
            || batch == 0 || batch * studentCrops != student_RK.shape[0] || batch * teacherCrops != targets_QK.shape[0])
        {
            throw new ArgumentException(
                $"Student scores must be [{studentCrops} * images, {prototypes}] and targets [{teacherCrops} * images, {prototypes}]; "
                + $"got [{string.Join(", ", student_RK.shape)}] and [{string.Join(", ", targets_QK.shape)}].");
        }

        using var scope = NewDisposeScope();
        var logarithms_SBK = nn.functional.log_softmax(student_RK.to(Center.dtype).DividedBy(Options.StudentTemperature), -1).view(studentCrops, batch, prototypes);
        // Each student crop meets every teacher crop: their targets are summed once.
        var targets_1BK = targets_QK.view(teacherCrops, batch, prototypes).sum(0, keepdim: true);
        return (logarithms_SBK * targets_1BK).sum().DividedBy(-batch).MoveToOuterDisposeScope();
    }

    /// <summary>A copy of the state, on the CPU: "center", and "pending_mean" while an update waits. The caller disposes it.</summary>
    /// <remarks>Upstream's checkpoints lack the pending update; here a resumed run continues exactly.</remarks>
    public IReadOnlyDictionary<string, Tensor> SaveState() => _center.SaveState();

    /// <summary>Restores a state of <see cref="SaveState"/>; the given tensors stay the caller's.</summary>
    /// <exception cref="CheckpointException">The center is missing or has another size.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state) => _center.LoadState(state);

    /// <inheritdoc/>
    public void Dispose() => _center.Dispose();
}
