using System.Text.Json.Serialization;

namespace EchoApex.Training.SelfDistillation;

/// <summary>In what numbers the gray values of a crop are changed, and with which steps.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AugmentationArithmetic>))]
public enum AugmentationArithmetic
{
    /// <summary>
    /// Ours: gray values in single precision, the sector known: means are taken over it, and pixels outside it stay 0. Has
    /// the steps for ultrasound (gamma, gain, depth gain, speckle).
    /// </summary>
    [JsonStringEnumMemberName("sector")]
    Sector,

    /// <summary>
    /// The references' own: torchvision's transforms on Pillow pictures, each step rounded to 8 bits, the surround a part of
    /// the picture. Brightness, contrast, saturation and hue in random order, grayscale, blur, solarize. On a gray picture the
    /// result is, to the bit, what the references make of the picture in three equal channels.
    /// </summary>
    [JsonStringEnumMemberName("reference")]
    Reference,
}
