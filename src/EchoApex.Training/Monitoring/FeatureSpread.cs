// Shape legend: R = rows, D = feature dimension.
using EchoApex.Core.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Monitoring;

/// <summary>How far features lie apart, whatever their length.</summary>
public static class FeatureSpread
{
    /// <summary>
    /// The standard deviation of each dimension of the L2-normalised features, averaged over the dimensions, times the square
    /// root of D: 1 when they point everywhere alike, 0 when all point the same way.
    /// </summary>
    /// <remarks>After Chen and He 2021, "Exploring Simple Siamese Representation Learning", section 4.1, where it is compared with 1 / sqrt(D).</remarks>
    /// <param name="features_RD">Features [R, D], at least two rows.</param>
    public static double Of(Tensor features_RD)
    {
        ArgumentNullException.ThrowIfNull(features_RD);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var unit_RD = nn.functional.normalize(features_RD.detach().to(float32), 2, -1, 1e-12);
        var deviation_D = (unit_RD - unit_RD.mean([0], keepdim: true)).square().mean([0]).sqrt();
        return deviation_D.mean().ReadDouble() * Math.Sqrt(features_RD.shape[^1]);
    }
}
