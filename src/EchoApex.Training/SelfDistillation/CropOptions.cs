using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Configuration;

namespace EchoApex.Training.SelfDistillation;

/// <summary>One kind of crop, global or local.</summary>
public sealed record CropOptions
{
    /// <summary>Crops of this kind a sample.</summary>
    [Range(0, 64)]
    public int Count { get; init; } = 2;

    /// <summary>Side of the square crop in pixels after resizing; a multiple of the patch size.</summary>
    [Range(8, 1024)]
    public int Size { get; init; } = 224;

    /// <summary>Area of the crop as a share of the picture. DINO v1: global [0.4, 1], local [0.05, 0.4].</summary>
    [Bounds(1e-4, 1)]
    public ValueRange Area { get; init; } = new(0.4, 1);

    /// <summary>Width over height before resizing, drawn log-uniformly.</summary>
    [Bounds(0.1, 10)]
    public ValueRange AspectRatio { get; init; } = new(3.0 / 4, 4.0 / 3);

    /// <summary>
    /// Ours: the least share of a crop's pixels that lie in the sector, so that no crop is mostly black surround. Up to 10
    /// places are drawn, then the nearest to this and the other demands is taken; 0 demands nothing. A fan covers about two
    /// thirds of its picture: global crops cannot have much more.
    /// </summary>
    [Range(0.0, 1.0)]
    public double MinimumSectorShare { get; init; }

    /// <summary>
    /// Ours: the least share of a crop's pixels that are tissue (<see cref="MultiCropOptions.TissueLevel"/>), so that no crop
    /// shows a chamber or a shadow alone; up to 10 places as above, 0 demands nothing.
    /// </summary>
    [Range(0.0, 1.0)]
    public double MinimumTissueShare { get; init; }

    /// <summary>Probability of blur, one number a crop; the last one holds for all further crops. DINO v1: global [1, 0.1], local [0.5].</summary>
    [Probabilities]
    public IReadOnlyList<double> BlurProbability { get; init; } = [0];

    /// <summary>Probability of inverting the bright half of the gray scale, one number a crop as above. DINO v1: global [0, 0.2], local [0].</summary>
    [Probabilities]
    public IReadOnlyList<double> SolarizeProbability { get; init; } = [0];
}
