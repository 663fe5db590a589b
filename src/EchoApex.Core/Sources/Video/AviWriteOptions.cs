using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Sources.Video;

/// <summary>How <see cref="AviClipWriter"/> writes a clip.</summary>
public sealed record AviWriteOptions
{
    /// <summary>JPEG quality.</summary>
    [Range(1, 100)]
    public int JpegQuality { get; init; } = 95;

    /// <summary>Frames a second of a clip whose own frame rate is unknown.</summary>
    [Range(0.01, 10_000)]
    public double FallbackFramesPerSecond { get; init; } = 30;
}
