// Shape legend: R = rows, K = prototypes.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>What the teacher's targets say of themselves: the two numbers that show a collapse.</summary>
internal static class TargetStatistics
{
    /// <summary>Mean entropy of the targets [R, K] in nats, a scalar; ln K when they say nothing.</summary>
    public static Tensor MeanEntropy(Tensor targets_RK)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return targets_RK.xlogy(targets_RK).sum(-1).mean().neg().MoveToOuterDisposeScope();
    }

    /// <summary>KL divergence in nats of the mean target from the uniform distribution, a scalar; ln K when all share one prototype.</summary>
    public static Tensor KlToUniform(Tensor targets_RK)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var mean_K = targets_RK.mean([0]);
        return mean_K.xlogy(mean_K).sum().Plus(Math.Log(targets_RK.shape[1])).MoveToOuterDisposeScope();
    }
}
