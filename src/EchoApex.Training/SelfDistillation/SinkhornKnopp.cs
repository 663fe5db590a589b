// Shape legend: B = samples (rows of teacher scores), K = prototypes.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Sinkhorn-Knopp assignment of samples to prototypes: DINOv2's alternative to centering, after SwAV.
/// </summary>
/// <remarks>
/// Oquab et al., "DINOv2", section 4; upstream: dinov2/loss/dino_clstoken_loss.py and ibot_patch_loss.py,
/// sinkhorn_knopp_teacher (the two differ only in who counts the samples). Each iteration makes all prototypes equally
/// used, then each sample's row sum 1; the samples come last, so the result's rows are distributions.
/// <para>
/// The largest score is subtracted before exp, which changes nothing mathematically, and the work is done in float64, so
/// that sharp temperatures neither overflow (upstream: scores / temperature above 88) nor lose a prototype to underflow.
/// </para>
/// </remarks>
public static class SinkhornKnopp
{
    /// <summary>Computes soft assignments without gradient.</summary>
    /// <param name="logits_BK">Teacher scores [B, K].</param>
    /// <param name="temperature">Teacher temperature, above 0.</param>
    /// <param name="iterations">Number of row and column normalisations; 3 in the paper.</param>
    /// <param name="totalSamples">
    /// Number of samples over all processes; null means the B rows at hand. In a single process its value has no effect.
    /// </param>
    /// <returns>Probabilities [B, K] in the scores' type; each row sums to 1. With no rows at all, an empty tensor.</returns>
    /// <exception cref="ArgumentException">The scores are not a matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Temperature or iterations are not positive, or there are fewer samples in total than here.</exception>
    public static Tensor Assign(Tensor logits_BK, double temperature, int iterations = 3, long? totalSamples = null)
    {
        ArgumentNullException.ThrowIfNull(logits_BK);
        if (logits_BK.dim() != 2)
        {
            throw new ArgumentException($"Scores must be [samples, prototypes]; got [{string.Join(", ", logits_BK.shape)}].", nameof(logits_BK));
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iterations);
        long samples = totalSamples ?? logits_BK.shape[0];
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, logits_BK.shape[0], nameof(totalSamples));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (logits_BK.shape[0] == 0)
        {
            return logits_BK.detach().clone().MoveToOuterDisposeScope();
        }

        double prototypes = logits_BK.shape[1];
        var scores_BK = logits_BK.detach().to(float64).DividedBy(temperature);
        var q_BK = scores_BK.sub_(scores_BK.max()).exp_();
        q_BK.div_(q_BK.sum());
        for (int i = 0; i < iterations; i++)
        {
            q_BK.div_(q_BK.sum(0, keepdim: true)).DivideInPlace(prototypes);
            q_BK.div_(q_BK.sum(1, keepdim: true)).DivideInPlace(samples);
        }

        return q_BK.TimesInPlace(samples).to(logits_BK.dtype).MoveToOuterDisposeScope();
    }
}
