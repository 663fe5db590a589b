using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>How <see cref="EncoderProbe"/> judges features.</summary>
public sealed record EncoderProbeOptions
{
    /// <summary>Nearest neighbours; the defaults are DINO's.</summary>
    public KnnOptions Knn { get; init; } = new();

    /// <summary>The linear probes. Ours: accuracy does not move below this tolerance.</summary>
    public LinearProbeOptions Linear { get; init; } = new() { L2Candidates = [1e-3, 1e-2, 3e-2, 1e-1, 3e-1], Tolerance = 1e-4 };

    /// <summary>Largest number of patches that the patch probe is fitted on, and of those that its λ is chosen on; more are thinned out at random.</summary>
    [Range(100, 10_000_000)]
    public int PatchLimit { get; init; } = 20_000;

    /// <summary>Bootstrap samples behind each interval.</summary>
    [Range(1, 1_000_000)]
    public int BootstrapDraws { get; init; } = 1000;

    /// <summary>Seed of held-back clips, thinned patches and bootstrap samples.</summary>
    public ulong Seed { get; init; }
}
