using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>The shape of an <see cref="EjectionFractionHead"/>. All values are ours: no publication fixes them.</summary>
public sealed record EjectionFractionHeadOptions : IValidatableObject
{
    /// <summary>Token dimension of the temporal transformer; a multiple of 2 x <see cref="Heads"/>.</summary>
    [Range(8, 4096)]
    public int Width { get; init; } = 192;

    /// <summary>Blocks of the temporal transformer.</summary>
    [Range(1, 24)]
    public int Depth { get; init; } = 2;

    /// <summary>Attention heads.</summary>
    [Range(1, 64)]
    public int Heads { get; init; } = 4;

    /// <summary>Hidden width of the MLP as a multiple of <see cref="Width"/>.</summary>
    [Range(1, 8)]
    public int MlpRatio { get; init; } = 2;

    /// <summary>How the patches of a frame become one vector, which stands beside its cls token.</summary>
    public FramePooling Pooling { get; init; } = FramePooling.Attention;

    /// <summary>Whether known frame times place the frames; otherwise, and where they are unknown, frames are <see cref="NominalIntervalMs"/> apart.</summary>
    public bool UseFrameTimes { get; init; } = true;

    /// <summary>Assumed time between two frames in ms where it is unknown.</summary>
    [Range(1.0, 1000)]
    public double NominalIntervalMs { get; init; } = 33.3;

    /// <summary>Shortest period of the time encoding in ms.</summary>
    [Range(1.0, 10_000)]
    public double ShortestPeriodMs { get; init; } = 50;

    /// <summary>Longest period of the time encoding in ms.</summary>
    [Range(1.0, 100_000)]
    public double LongestPeriodMs { get; init; } = 8000;

    /// <summary>
    /// Learned numbers of each frame whose rise and fall over the clip enter the ejection fraction: the size of a ventricle is one. 0 leaves
    /// all to the transformer, which takes far longer to find such a difference.
    /// </summary>
    [Range(0, 1024)]
    public int MotionCurves { get; init; } = 16;

    /// <summary>Smallest spread in percent that the head can claim: readers themselves differ by more.</summary>
    [Range(0.01, 20.0)]
    public double MinimumSpread { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Width % (2 * Heads) != 0)
        {
            yield return new ValidationResult($"{Width} is not a multiple of 2 x heads = {2 * Heads}.", [nameof(Width)]);
        }

        if (LongestPeriodMs <= ShortestPeriodMs)
        {
            yield return new ValidationResult($"{LongestPeriodMs} must be larger than shortest_period_ms = {ShortestPeriodMs}.", [nameof(LongestPeriodMs)]);
        }
    }
}
