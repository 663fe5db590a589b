using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Random views of one sample. The defaults are DINO v1's (main_dino.py, DataAugmentationDINO) for a gray picture, where
/// its saturation, hue and grayscale steps do nothing, except that the horizontal flip is off: it would swap the left and
/// the right heart. Options marked "ours" are not in the reference and are off by default.
/// </summary>
/// <remarks>
/// Order: crop, rotate, resize, flip, brightness and contrast in random order, gamma, log contrast, offset, ramp, noise,
/// blur, solarize, normalise. Gray values run from 0 to 1 and are clipped to that after each step.
/// </remarks>
public sealed record MultiCropOptions : IValidatableObject
{
    /// <summary>Crops that the teacher sees too.</summary>
    public CropOptions Global { get; init; } = new() { BlurProbability = [1, 0.1], SolarizeProbability = [0, 0.2] };

    /// <summary>Small crops for the student alone.</summary>
    public CropOptions Local { get; init; } = new() { Count = 8, Size = 96, Area = new(0.05, 0.4), BlurProbability = [0.5] };

    /// <summary>Ours: crops alternate between two frames of the clip, so that motion is part of what must be ignored.</summary>
    public bool TwoFrames { get; init; }

    /// <summary>Ours: the centre of a crop lies inside the sector (up to 10 draws).</summary>
    public bool CentersInSector { get; init; }

    /// <summary>
    /// Resampling. Cubic is the antialiased cubic filter of the references, equal to Pillow's within the sector;
    /// area averages where a crop shrinks and is bilinear where it grows; bilinear does not average.
    /// </summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Cubic;

    /// <summary>Probability of a horizontal flip. DINO v1: 0.5; here 0, because a flipped heart is another anatomy.</summary>
    [Range(0.0, 1.0)]
    public double FlipProbability { get; init; }

    /// <summary>Ours: largest rotation to either side in degrees.</summary>
    [Range(0.0, 180.0)]
    public double RotationDegrees { get; init; }

    /// <summary>Probability of the brightness and contrast step.</summary>
    [Range(0.0, 1.0)]
    public double JitterProbability { get; init; } = 0.8;

    /// <summary>Brightness factor 1 ± this.</summary>
    [Range(0.0, 1.0)]
    public double Brightness { get; init; } = 0.4;

    /// <summary>Contrast factor 1 ± this, about the mean of the sector.</summary>
    [Range(0.0, 1.0)]
    public double Contrast { get; init; } = 0.4;

    /// <summary>Ours: gamma exp(± this).</summary>
    [Range(0.0, 2.0)]
    public double LogGamma { get; init; }

    /// <summary>Ours: contrast factor exp(± this), about the mean of the sector.</summary>
    [Range(0.0, 2.0)]
    public double LogContrast { get; init; }

    /// <summary>Ours: added gray, ± this: gain in decibels on a log-compressed picture.</summary>
    [Range(0.0, 1.0)]
    public double Offset { get; init; }

    /// <summary>Ours: a linear ramp of ± this from the middle to each edge, in both directions: uneven gain.</summary>
    [Range(0.0, 1.0)]
    public double Ramp { get; init; }

    /// <summary>Ours: standard deviation of added normal noise, between 0 and this.</summary>
    [Range(0.0, 1.0)]
    public double Noise { get; init; }

    /// <summary>Ours: standard deviation of multiplied normal noise (speckle), between 0 and this.</summary>
    [Range(0.0, 1.0)]
    public double Speckle { get; init; }

    /// <summary>Standard deviation of the Gaussian blur in pixels.</summary>
    [Bounds(0.01, 20)]
    public ValueRange BlurSigma { get; init; } = new(0.1, 2);

    /// <summary>Side of the blur's kernel in pixels, odd; 0 takes what the standard deviation needs, as the reference does.</summary>
    [Range(0, 31)]
    public int BlurKernel { get; init; }

    /// <summary>
    /// How gray values become input: <c>channel</c> with <see cref="Mean"/> and <see cref="Std"/>, or <c>image</c>, each
    /// view standardised over its sector (ours).
    /// </summary>
    public Normalization Normalization { get; init; } = Normalization.Channel;

    /// <summary>Mean of red, green, blue on the scale 0..1, for <c>channel</c>.</summary>
    [Length(3, 3)]
    public IReadOnlyList<double> Mean { get; init; } = [0.485, 0.456, 0.406];

    /// <summary>Standard deviation of red, green, blue on the scale 0..1, for <c>channel</c>; positive.</summary>
    [Length(3, 3)]
    public IReadOnlyList<double> Std { get; init; } = [0.229, 0.224, 0.225];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Global.Count < 2)
        {
            yield return new ValidationResult("needs at least 2 crops; self-distillation compares them", [nameof(Global)]);
        }

        if (BlurKernel > 0 && BlurKernel % 2 == 0)
        {
            yield return new ValidationResult($"{BlurKernel} is even; a kernel needs a middle pixel, or 0", [nameof(BlurKernel)]);
        }

        if (Std.Any(value => !(value > 0)))
        {
            yield return new ValidationResult("every value must be positive", [nameof(Std)]);
        }
    }
}
