using System.Globalization;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// Watches for the ways in which self-distillation dies: targets that say nothing, targets that are all the same, features
/// on a line. It speaks once a fault has lasted for several observations, and again only after it was gone.
/// </summary>
/// <remarks>Thresholds are ours: an entropy of 99 % of ln K; a KL to uniform of 90 % of ln K; an effective rank below 1.5.</remarks>
public sealed class CollapseMonitor
{
    private const int Patience = 3;

    private readonly double _logPrototypes;
    private int _bad;

    /// <summary>Creates the monitor.</summary>
    /// <param name="prototypes">Number of prototypes K.</param>
    public CollapseMonitor(int prototypes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(prototypes, 2);
        _logPrototypes = Math.Log(prototypes);
    }

    /// <summary>Takes one observation.</summary>
    /// <param name="teacherEntropy">Mean entropy of the targets in nats.</param>
    /// <param name="teacherKlToUniform">KL divergence of the mean target from uniform in nats.</param>
    /// <param name="featureRank">Effective rank of the features.</param>
    /// <returns>A sentence when the run looks collapsed; else null.</returns>
    public string? Observe(double teacherEntropy, double teacherKlToUniform, double featureRank)
    {
        string? fault = Diagnose(teacherEntropy, teacherKlToUniform, featureRank);
        _bad = fault is null ? 0 : _bad + 1;
        return _bad == Patience ? fault : null;
    }

    private string? Diagnose(double entropy, double divergence, double rank)
    {
        var culture = CultureInfo.InvariantCulture;
        if (entropy > 0.99 * _logPrototypes)
        {
            return string.Create(culture, $"The teacher's targets are uniform (entropy {entropy:0.000} of {_logPrototypes:0.000}): nothing is learned. Lower the teacher temperature, or use targets.kind sinkhorn_knopp with head.batch_norm.");
        }

        if (divergence > 0.9 * _logPrototypes)
        {
            return string.Create(culture, $"All samples share one prototype (KL to uniform {divergence:0.000} of {_logPrototypes:0.000}). Raise the teacher temperature, or use targets.kind sinkhorn_knopp.");
        }

        return rank < 1.5
            ? string.Create(culture, $"The features have shrunk to one direction (effective rank {rank:0.00}). Raise targets.koleo_weight, or lower the learning rate.")
            : null;
    }
}
