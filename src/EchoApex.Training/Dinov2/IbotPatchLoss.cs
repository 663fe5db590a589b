// Shape legend: B = images (global crops), N = patches, M = masked patches of all images together, K = prototypes.
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Dinov2;

/// <summary>
/// iBOT's patch-level loss: the student, who sees mask tokens, predicts what the teacher says of the hidden patches.
/// </summary>
/// <remarks>
/// Zhou et al., "iBOT: Image BERT Pre-Training with Online Tokenizer"; Oquab et al., "DINOv2", section 4 (patch-level
/// objective); upstream: dinov2/loss/ibot_patch_loss.py. Call order of <see cref="Targets"/> and <see cref="UpdateCenter"/>
/// as in <see cref="DinoClsTokenLoss"/>.
/// <para>Thread safety: an instance belongs to one thread at a time.</para>
/// </remarks>
public sealed class IbotPatchLoss : IDisposable
{
    private readonly PendingCenter _center;

    /// <summary>Builds the loss with a center of zeros.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="device">Where the center lives; null for the CPU.</param>
    /// <param name="dtype">Type of the center: float32, or float64 for reference runs.</param>
    /// <param name="processes">All processes whose scores make the center; null for this one alone.</param>
    /// <exception cref="ConfigurationException">An option lies outside its range.</exception>
    public IbotPatchLoss(CenteredLossOptions options, Device? device = null, ScalarType dtype = ScalarType.Float32, ICollective? processes = null)
    {
        OptionsValidator.Validate(options, "iBOT patch loss");
        Options = options;
        _center = new PendingCenter("iBOT patch loss", options.Prototypes, options.CenterMomentum, device, dtype, processes);
    }

    /// <summary>The settings.</summary>
    public CenteredLossOptions Options { get; }

    /// <summary>The running center [1, K] without the pending update; owned by this object.</summary>
    public Tensor Center => _center.Value;

    /// <summary>Applies the pending update of the center, then centers and sharpens the scores of the masked patches.</summary>
    /// <param name="teacher_MK">Teacher scores of the masked patches [M, K].</param>
    /// <param name="temperature">Teacher temperature, above 0.</param>
    /// <returns>Probabilities [M, K], without gradient.</returns>
    public Tensor Targets(Tensor teacher_MK, double temperature) => _center.Targets(teacher_MK, temperature);

    /// <summary>Stores the mean over the masked patches' scores [M, K] for the next step.</summary>
    public void UpdateCenter(Tensor teacher_MK) => _center.Store(teacher_MK);

    /// <summary>Cross-entropy over the masked patches: each image's patches weigh 1 together, averaged over all images.</summary>
    /// <param name="student_MK">Student scores of the masked patches [M, K].</param>
    /// <param name="targets_MK">Teacher probabilities [M, K].</param>
    /// <param name="weights_M">For each masked patch 1 / (masked patches of its image), [M].</param>
    /// <param name="images">B, the number of global crops, with and without masks.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public Tensor ComputeMasked(Tensor student_MK, Tensor targets_MK, Tensor weights_M, long images)
    {
        ArgumentNullException.ThrowIfNull(student_MK);
        ArgumentNullException.ThrowIfNull(targets_MK);
        ArgumentNullException.ThrowIfNull(weights_M);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        if (student_MK.dim() != 2 || student_MK.shape[1] != Options.Prototypes || !targets_MK.shape.SequenceEqual(student_MK.shape)
            || weights_M.dim() != 1 || weights_M.shape[0] != student_MK.shape[0])
        {
            throw new ArgumentException(
                $"Student scores and targets must be [masked patches, {Options.Prototypes}] with one weight each; got [{string.Join(", ", student_MK.shape)}], "
                + $"[{string.Join(", ", targets_MK.shape)}] and [{string.Join(", ", weights_M.shape)}].");
        }

        using var scope = NewDisposeScope();
        var agreement_M = Agreement(student_MK, targets_MK);
        return (agreement_M * weights_M).sum().DividedBy(-images).MoveToOuterDisposeScope();
    }

    /// <summary>The same over whole patch grids: the mean over images of the mean over their masked patches.</summary>
    /// <param name="student_BNK">Student scores [B, N, K].</param>
    /// <param name="targets_BNK">Teacher probabilities [B, N, K].</param>
    /// <param name="masks_BN">True where a patch was hidden, bool [B, N].</param>
    public Tensor Compute(Tensor student_BNK, Tensor targets_BNK, Tensor masks_BN)
    {
        ArgumentNullException.ThrowIfNull(masks_BN);
        using var scope = NewDisposeScope();
        var weights_BN = masks_BN.to(Center.dtype);
        var agreement_B = (Agreement(student_BNK, targets_BNK) * weights_BN).sum(-1) / weights_BN.sum(-1).clamp_min(1);
        return agreement_B.mean().neg().MoveToOuterDisposeScope();
    }

    /// <summary>A copy of the state, on the CPU: "center", and "pending_mean" while an update waits. The caller disposes it.</summary>
    public IReadOnlyDictionary<string, Tensor> SaveState() => _center.SaveState();

    /// <summary>Restores a state of <see cref="SaveState"/>; the given tensors stay the caller's.</summary>
    /// <exception cref="CheckpointException">The center is missing or has another size.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state) => _center.LoadState(state);

    /// <inheritdoc/>
    public void Dispose() => _center.Dispose();

    private Tensor Agreement(Tensor student, Tensor targets)
    {
        using var scope = NewDisposeScope();
        var logarithms = nn.functional.log_softmax(student.to(Center.dtype).DividedBy(Options.StudentTemperature), -1);
        return (targets * logarithms).sum(-1).MoveToOuterDisposeScope();
    }
}
