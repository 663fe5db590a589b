using System.Text.Json.Serialization;

namespace EchoApex.Core.Imaging;

/// <summary>How pixel values become network input.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Normalization>))]
public enum Normalization
{
    /// <summary>Each channel, scaled to 0..1, minus a fixed mean, divided by a fixed standard deviation.</summary>
    [JsonStringEnumMemberName("channel")]
    Channel,

    /// <summary>Each image standardised over the pixels of its sector; outside the sector exactly 0.</summary>
    [JsonStringEnumMemberName("image")]
    Image,
}
