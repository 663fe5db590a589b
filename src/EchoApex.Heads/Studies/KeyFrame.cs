using System.Text.Json.Serialization;

namespace EchoApex.Heads.Studies;

/// <summary>A frame that was measured, with what was drawn in it. Places are in pixels of the clip's frame.</summary>
public sealed record KeyFrame
{
    /// <summary>The frame.</summary>
    public required FrameSource Source { get; init; }

    /// <summary>The view.</summary>
    public required string View { get; init; }

    /// <summary>One line for people: "A4C, end diastole, clip 1, frame 12".</summary>
    public required string Caption { get; init; }

    /// <summary>Outlines of structures.</summary>
    public IReadOnlyList<KeyContour> Contours { get; init; } = [];

    /// <summary>Lengths, and the long axis.</summary>
    public IReadOnlyList<KeyCaliper> Calipers { get; init; } = [];

    /// <summary>The sector of the frame.</summary>
    [JsonIgnore]
    public GrayPicture? Picture { get; init; }
}
