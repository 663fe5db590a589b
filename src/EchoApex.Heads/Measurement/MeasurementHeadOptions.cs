using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Measurement;

/// <summary>The shape of a <see cref="MeasurementHead"/>. All values are ours: no publication fixes them.</summary>
public sealed record MeasurementHeadOptions : IValidatableObject
{
    /// <summary>The six ends of septum, cavity and posterior wall across the left ventricle in the parasternal long axis.</summary>
    public static IReadOnlyList<string> LeftVentricle { get; } = ["ivs_start", "ivs_end", "lvid_start", "lvid_end", "lvpw_start", "lvpw_end"];

    /// <summary>Names of the points, one heat map each; a pair NAME_start, NAME_end is measured as a length NAME.</summary>
    [MinLength(1)]
    public IReadOnlyList<string> Landmarks { get; init; } = LeftVentricle;

    /// <summary>
    /// Zero-based ViT blocks or ResNet stages that the pyramid is built from, ascending: the first feeds its finest level, the last
    /// its coarsest. Empty takes four of equal distance, the last included (2, 5, 8, 11 of 12).
    /// </summary>
    public IReadOnlyList<int> Stages { get; init; } = [];

    /// <summary>Channels of the pyramid; a multiple of 16.</summary>
    [Range(16, 1024)]
    public int Width { get; init; } = 64;

    /// <summary>Channels of the convolutions over the image itself, which give the heat maps their fine detail; a multiple of 16.</summary>
    [Range(16, 1024)]
    public int StemWidth { get; init; } = 32;

    /// <summary>Input pixels between two neighbours of a heat map: 2 or 4.</summary>
    [AllowedValues(2, 4)]
    public int HeatmapStride { get; init; } = 2;

    /// <summary>How a heat map becomes a point.</summary>
    public HeatmapDecoding Decoding { get; init; } = HeatmapDecoding.LocalSoftArgmax;

    /// <summary>Half side of the window around the peak, in cells of the heat map: for <see cref="HeatmapDecoding.LocalSoftArgmax"/> and for the confidence.</summary>
    [Range(1, 32)]
    public int WindowRadius { get; init; } = 4;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, value) in new[] { (nameof(Width), Width), (nameof(StemWidth), StemWidth) })
        {
            if (value % 16 != 0)
            {
                yield return new ValidationResult($"{value} is not a multiple of 16; take {(value + 15) / 16 * 16}.", [name]);
            }
        }

        if (Landmarks.Distinct(StringComparer.Ordinal).Count() != Landmarks.Count)
        {
            yield return new ValidationResult("names a point twice.", [nameof(Landmarks)]);
        }

        if (Stages.Zip(Stages.Skip(1)).Any(pair => pair.First >= pair.Second) || Stages.Any(stage => stage < 0))
        {
            yield return new ValidationResult("must ascend from 0.", [nameof(Stages)]);
        }
    }
}
