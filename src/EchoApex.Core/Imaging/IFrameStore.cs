namespace EchoApex.Core.Imaging;

/// <summary>
/// Where the pixels of a clip come from: memory, or a file that decodes one frame at a time.
/// Implementations may be called from several threads at once.
/// </summary>
public interface IFrameStore
{
    /// <summary>Number of frames, at least 1.</summary>
    int FrameCount { get; }

    /// <summary>Rows of a frame.</summary>
    int Height { get; }

    /// <summary>Columns of a frame.</summary>
    int Width { get; }

    /// <summary>1 (gray) or 3 (red, green, blue).</summary>
    int Channels { get; }

    /// <summary>Writes one frame, H x W x C bytes, row by row.</summary>
    /// <param name="index">Zero-based frame index.</param>
    /// <param name="destination">At least Height x Width x Channels bytes.</param>
    /// <exception cref="Runtime.DataException">The frame cannot be decoded.</exception>
    void ReadFrame(int index, Span<byte> destination);
}
