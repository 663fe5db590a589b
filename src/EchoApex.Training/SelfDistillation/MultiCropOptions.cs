using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;

namespace EchoApex.Training.SelfDistillation;

/// <summary>
/// Random views of one sample. The defaults are DINO v1's (main_dino.py, DataAugmentationDINO) for a gray picture, except that
/// the horizontal flip is off (it would swap the left and the right heart) and that gray values are changed by
/// <see cref="AugmentationArithmetic.Sector"/>. Options marked "ours" are not in the references and are off by default.
/// </summary>
/// <remarks>
/// Order with <c>arithmetic: sector</c>: crop, rotate, resize, flip, brightness and contrast in random order, gamma, log
/// contrast, offset, ramp, depth gain, speckle and noise, blur, solarize, normalise. Gray values run from 0 to 1 and are clipped
/// to that after each step.
/// <para>
/// Order with <c>arithmetic: reference</c>: crop, resize, flip, brightness, contrast, saturation and hue in random order,
/// grayscale, blur, solarize, normalise; 8 bits between the steps.
/// </para>
/// </remarks>
public sealed record MultiCropOptions : IValidatableObject
{
    /// <summary>Crops that the teacher sees too.</summary>
    public CropOptions Global { get; init; } = new() { BlurProbability = [1, 0.1], SolarizeProbability = [0, 0.2] };

    /// <summary>Small crops for the student alone.</summary>
    public CropOptions Local { get; init; } = new() { Count = 8, Size = 96, Area = new(0.05, 0.4), BlurProbability = [0.5] };

    /// <summary>
    /// In what numbers the steps after the crop are done: <c>sector</c> (ours) or <c>reference</c>, which is equal to the
    /// references' transforms and takes neither the steps for ultrasound nor a rotation, nor a resampling but cubic.
    /// </summary>
    public AugmentationArithmetic Arithmetic { get; init; }

    /// <summary>Ours: crops alternate between two frames of the clip, so that motion is part of what must be ignored.</summary>
    public bool TwoFrames { get; init; }

    /// <summary>Ours: the centre of a crop lies inside the sector (up to 10 draws).</summary>
    public bool CentersInSector { get; init; }

    /// <summary>Ours: the gray level, of 255, from which a pixel counts as tissue for <see cref="CropOptions.MinimumTissueShare"/>.</summary>
    [Range(1, 255)]
    public int TissueLevel { get; init; } = 32;

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

    /// <summary>Probability of the brightness and contrast step, which with <c>arithmetic: reference</c> is also that of saturation and hue.</summary>
    [Range(0.0, 1.0)]
    public double JitterProbability { get; init; } = 0.8;

    /// <summary>Brightness factor 1 ± this.</summary>
    [Range(0.0, 1.0)]
    public double Brightness { get; init; } = 0.4;

    /// <summary>Contrast factor 1 ± this, about the mean of the sector, or of the whole crop with <c>arithmetic: reference</c>.</summary>
    [Range(0.0, 1.0)]
    public double Contrast { get; init; } = 0.4;

    /// <summary>Saturation factor 1 ± this, with <c>arithmetic: reference</c>; acts on colour pictures alone (<see cref="MultiCrop.WriteColorView"/>).</summary>
    [Range(0.0, 1.0)]
    public double Saturation { get; init; } = 0.2;

    /// <summary>Hue turned by ± this share of the colour circle, with <c>arithmetic: reference</c>; acts on colour pictures alone.</summary>
    [Range(0.0, 0.5)]
    public double Hue { get; init; } = 0.1;

    /// <summary>Probability of losing the colours, with <c>arithmetic: reference</c>; acts on colour pictures alone.</summary>
    [Range(0.0, 1.0)]
    public double GrayscaleProbability { get; init; } = 0.2;

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

    /// <summary>
    /// Ours: time-gain compensation set otherwise, or another attenuation: ± this many decibels at the depth of the picture's
    /// height, in proportion to the distance from the middle of the sector's first row, in the sector alone.
    /// </summary>
    [Range(0.0, 60.0)]
    public double DepthGain { get; init; }

    /// <summary>Ours: decibels that the gray scale of a log-compressed picture spans; turns <see cref="DepthGain"/> into gray.</summary>
    [Range(10.0, 200.0)]
    public double DynamicRange { get; init; } = 60;

    /// <summary>Ours: standard deviation of added normal noise, between 0 and this.</summary>
    [Range(0.0, 1.0)]
    public double Noise { get; init; }

    /// <summary>Ours: standard deviation of multiplied normal noise (speckle), between 0 and this.</summary>
    [Range(0.0, 1.0)]
    public double Speckle { get; init; }

    /// <summary>
    /// Takes the blur probabilities for those of not blurring. DINOv2 names 1, 0.1 and 0.5 for its first and second global crop
    /// and its local ones, but its GaussianBlur hands 1 - p on as the probability, and so it blurs with 0, 0.9 and 0.5: true
    /// does what it does, false (the default) what it says.
    /// </summary>
    public bool InvertBlurProbability { get; init; }

    /// <summary>Standard deviation of the Gaussian blur in pixels.</summary>
    [Bounds(0.01, 20)]
    public ValueRange BlurSigma { get; init; } = new(0.1, 2);

    /// <summary>
    /// Side of the blur's kernel in pixels, odd. 0, with <c>arithmetic: sector</c>, takes what the standard deviation needs; with
    /// <c>reference</c> it is Pillow's blur by three boxes, which DINO v1 has. DINOv2 has 9.
    /// </summary>
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

        if (Arithmetic == AugmentationArithmetic.Reference)
        {
            foreach (var fault in ReferenceFaults())
            {
                yield return fault;
            }
        }

        if (Std.Any(value => !(value > 0)))
        {
            yield return new ValidationResult("every value must be positive", [nameof(Std)]);
        }
    }

    // A step that the reference arithmetic lacks must not be dropped in silence.
    private IEnumerable<ValidationResult> ReferenceFaults()
    {
        (string Name, double Value)[] steps =
        [
            (nameof(RotationDegrees), RotationDegrees), (nameof(LogGamma), LogGamma), (nameof(LogContrast), LogContrast), (nameof(Offset), Offset),
            (nameof(Ramp), Ramp), (nameof(DepthGain), DepthGain), (nameof(Noise), Noise), (nameof(Speckle), Speckle),
        ];
        foreach (var (name, value) in steps.Where(step => step.Value != 0))
        {
            yield return new ValidationResult($"{value} does nothing with arithmetic: reference, which has no such step; use 0, or arithmetic: sector", [name]);
        }

        if (Interpolation != Interpolation.Cubic)
        {
            yield return new ValidationResult("must be cubic with arithmetic: reference, or use arithmetic: sector", [nameof(Interpolation)]);
        }

        if (Normalization != Normalization.Channel)
        {
            yield return new ValidationResult("must be channel with arithmetic: reference, which does not know the sector, or use arithmetic: sector", [nameof(Normalization)]);
        }

        int smallest = Local.Count > 0 ? Math.Min(Global.Size, Local.Size) : Global.Size;
        if (BlurKernel / 2 >= smallest)
        {
            yield return new ValidationResult($"{BlurKernel} is too wide for crops of {smallest} pixels; its half must be smaller", [nameof(BlurKernel)]);
        }
    }
}
