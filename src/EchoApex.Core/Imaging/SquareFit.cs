using System.Text.Json.Serialization;

namespace EchoApex.Core.Imaging;

/// <summary>How a picture that is not square becomes one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SquareFit>))]
public enum SquareFit
{
    /// <summary>Black borders on both sides of the shorter axis; shapes keep their proportions.</summary>
    [JsonStringEnumMemberName("pad")]
    Pad,

    /// <summary>Each axis resized on its own; shapes change their proportions.</summary>
    [JsonStringEnumMemberName("stretch")]
    Stretch,
}
