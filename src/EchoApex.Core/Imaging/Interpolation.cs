using System.Text.Json.Serialization;

namespace EchoApex.Core.Imaging;

/// <summary>How pixels between pixels are computed when a picture is resized.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Interpolation>))]
public enum Interpolation
{
    /// <summary>Mean over the area that a target pixel covers, free of aliasing; bilinear where a picture grows.</summary>
    [JsonStringEnumMemberName("area")]
    Area,

    /// <summary>Bilinear between the four neighbours, without antialiasing.</summary>
    [JsonStringEnumMemberName("bilinear")]
    Bilinear,

    /// <summary>
    /// Bicubic. Frames are resized over sixteen neighbours (a = -0.75) without antialiasing; crops of the multi-crop
    /// augmentation by the antialiased filter (a = -0.5) of <see cref="Augmentation.BicubicResampler"/>.
    /// </summary>
    [JsonStringEnumMemberName("cubic")]
    Cubic,
}
