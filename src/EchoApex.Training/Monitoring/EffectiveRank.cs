// Shape legend: R = rows, D = feature dimension.
using static TorchSharp.torch;

namespace EchoApex.Training.Monitoring;

/// <summary>How many directions features use.</summary>
public static class EffectiveRank
{
    /// <summary>
    /// The exponential of the entropy of the normalised singular values (Roy and Vetterli 2007) of centred features:
    /// 1 when all lie on a line, min(R - 1, D) when all directions carry the same. 0 when all features are equal.
    /// </summary>
    /// <param name="features_RD">Features [R, D], at least two rows.</param>
    public static double Of(Tensor features_RD)
    {
        ArgumentNullException.ThrowIfNull(features_RD);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var features = features_RD.detach().to(float64).cpu();
        var centred = features - features.mean([0], keepdim: true);
        if (!centred.isfinite().all().item<bool>())
        {
            return double.NaN;
        }

        double[] values = [.. linalg.svdvals(centred).data<double>()];
        double total = values.Sum();
        if (total < 1e-9 * Math.Max(1, features.abs().max().item<double>()))
        {
            return 0;
        }

        return Math.Exp(-values.Select(v => v / total).Where(p => p > 0).Sum(p => p * Math.Log(p)));
    }
}
