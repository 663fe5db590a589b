namespace EchoApex.Core.Sources.Video;

/// <summary>What decoding a video gave.</summary>
/// <param name="Frames">Its frames in order: gray ones a byte a pixel, coloured ones three.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="FramesPerSecond">The container's rate; null when it gives none.</param>
/// <param name="Announced">The number of frames that the container announces, which is often wrong; null when it gives none.</param>
/// <param name="Codec">Four characters, or "unknown".</param>
internal sealed record DecodedVideo(IReadOnlyList<byte[]> Frames, int Height, int Width, double? FramesPerSecond, int? Announced, string Codec)
{
    /// <summary>The frames as a store.</summary>
    public VideoFrameStore ToStore() => new(Frames, Height, Width);
}
