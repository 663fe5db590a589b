using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Imaging;

/// <summary>
/// How a clip's frames become network input, as data: written into a model folder's config.json, so that weights are
/// always fed as they were trained. <see cref="ClipPreprocessor"/> carries it out.
/// </summary>
public sealed record Preprocessing
{
    /// <summary>Side S of the square input in pixels.</summary>
    [Range(1, 4096)]
    public int ImageSize { get; init; } = 224;

    /// <summary>Whether a frame is cropped to the ultrasound sector and blanked outside it (text, ECG, logos).</summary>
    public bool CropToSector { get; init; } = true;

    /// <summary>Whether colour is dropped: the three input channels then hold the same luma.</summary>
    public bool Grayscale { get; init; } = true;

    /// <summary>How a picture that is not square becomes one.</summary>
    public SquareFit Fit { get; init; } = SquareFit.Pad;

    /// <summary>How pixels are resampled.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Area;

    /// <summary>How pixel values are scaled.</summary>
    public Normalization Normalization { get; init; } = Normalization.Channel;

    /// <summary>Mean of red, green, blue on the scale 0..1, used by <see cref="Normalization.Channel"/>; default ImageNet's.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.485, 0.456, 0.406];

    /// <summary>Standard deviation of red, green, blue on the scale 0..1, used by <see cref="Normalization.Channel"/>; default ImageNet's.</summary>
    public IReadOnlyList<double> Std { get; init; } = [0.229, 0.224, 0.225];

    /// <summary>Checks every value.</summary>
    /// <param name="source">Where the record came from, for the message: a file name, "command line".</param>
    /// <exception cref="ConfigurationException">Lists every fault.</exception>
    public void Validate(string source)
    {
        List<string> faults = [];
        if (ImageSize is < 1 or > 4096)
        {
            faults.Add($"preprocessing.image_size is {ImageSize}; it must lie in 1..4096.");
        }

        CheckEnum(Fit, "fit", faults);
        CheckEnum(Interpolation, "interpolation", faults);
        CheckEnum(Normalization, "normalization", faults);
        CheckThree(Mean, "mean", mayBeZero: true, faults);
        CheckThree(Std, "std", mayBeZero: false, faults);
        if (faults.Count > 0)
        {
            throw new ConfigurationException(source, faults);
        }
    }

    /// <summary>Equality by value, the elements of <see cref="Mean"/> and <see cref="Std"/> included.</summary>
    public bool Equals(Preprocessing? other) =>
        other is not null && ImageSize == other.ImageSize && CropToSector == other.CropToSector && Grayscale == other.Grayscale
        && Fit == other.Fit && Interpolation == other.Interpolation && Normalization == other.Normalization
        && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(ImageSize, CropToSector, Grayscale, Fit, Interpolation, Normalization, Mean.Count, Std.Count);

    private static void CheckEnum<T>(T value, string name, List<string> faults)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            faults.Add($"preprocessing.{name} is {value}; it must be one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    private static void CheckThree(IReadOnlyList<double>? values, string name, bool mayBeZero, List<string> faults)
    {
        if (values is not { Count: 3 })
        {
            faults.Add($"preprocessing.{name} holds {values?.Count ?? 0} numbers; it needs 3 (red, green, blue).");
        }
        else if (values.Any(v => !double.IsFinite(v) || (!mayBeZero && v <= 0)))
        {
            faults.Add($"preprocessing.{name} is [{string.Join(", ", values)}]; every number must be finite{(mayBeZero ? "" : " and positive")}.");
        }
    }
}
