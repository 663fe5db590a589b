// Shape legend: B = samples (rows of teacher scores), K = prototypes.
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
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
    /// <param name="processes">All processes whose samples are assigned together, each holding its own rows, which may be none; null for this one alone.</param>
    /// <returns>Probabilities [B, K] in the scores' type; each row sums to 1. With no rows at all, an empty tensor.</returns>
    /// <exception cref="ArgumentException">The scores are not a matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Temperature or iterations are not positive.</exception>
    public static Tensor Assign(Tensor logits_BK, double temperature, int iterations = 3, ICollective? processes = null)
    {
        ArgumentNullException.ThrowIfNull(logits_BK);
        if (logits_BK.dim() != 2)
        {
            throw new ArgumentException($"Scores must be [samples, prototypes]; got [{string.Join(", ", logits_BK.shape)}].", nameof(logits_BK));
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iterations);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (processes is { WorldSize: > 1 })
        {
            return AssignTogether(logits_BK, temperature, iterations, processes).MoveToOuterDisposeScope();
        }

        if (logits_BK.shape[0] == 0)
        {
            return logits_BK.detach().clone().MoveToOuterDisposeScope();
        }

        double samples = logits_BK.shape[0];

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

    // The same with every sum over samples, their number and the largest score taken over all processes.
    private static Tensor AssignTogether(Tensor logits_BK, double temperature, int iterations, ICollective processes)
    {
        bool none = logits_BK.shape[0] == 0;
        double prototypes = logits_BK.shape[1];
        var scores_BK = logits_BK.detach().to(float64).DividedBy(temperature);
        var largest = none ? full([1], double.MinValue, float64, logits_BK.device) : scores_BK.max().view(1);
        processes.AllReduce(largest, ReduceOperation.Maximum);
        var q_BK = scores_BK.sub_(largest).exp_();
        var totals = stack([q_BK.sum(), full([], (double)logits_BK.shape[0], float64, logits_BK.device)]);
        processes.AllReduce(totals, ReduceOperation.Sum);
        double samples = totals.narrow(0, 1, 1).cpu().ReadDouble();
        q_BK.div_(totals.narrow(0, 0, 1));
        for (int i = 0; i < iterations; i++)
        {
            var used_1K = q_BK.sum(0, keepdim: true);
            processes.AllReduce(used_1K, ReduceOperation.Sum);
            q_BK.div_(used_1K).DivideInPlace(prototypes);
            q_BK.div_(q_BK.sum(1, keepdim: true)).DivideInPlace(samples);
        }

        return q_BK.TimesInPlace(samples).to(logits_BK.dtype);
    }
}
