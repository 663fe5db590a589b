using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Video.Avi;

namespace EchoApex.Core.Sources.Video;

/// <summary>
/// Reads AVI, MP4 and other videos. The frames of Motion JPEG AVI files are found by the file's index or, where that is missing or wrong,
/// by its chunks, and decoded one at a time when they are asked for; empty chunks repeat the frame before them. Frames coded as colour
/// stay colour. All other videos go through OpenCV's FFmpeg: their frames are decoded once, in order, into memory, because headers are
/// wrong about their number and seeking is not exact; a clip whose three channels are equal in every pixel becomes gray.
/// </summary>
public sealed class VideoClipSource : IClipSource
{
    /// <inheritdoc/>
    public string Name => "video";

    /// <inheritdoc/>
    public bool Recognizes(string path, ReadOnlySpan<byte> head) => VideoContainer.FormatOf(path, head) is not null;

    /// <inheritdoc/>
    public EchoClip Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new DataException(path, "the file does not exist.");
        }

        string format = ReadFormat(path);
        var avi = format == "AVI" ? AviFile.TryOpen(path) : null;
        return avi is not null && AviClip.TryCreate(avi) is { } clip ? clip : Decode(path, format, avi);
    }

    private static string ReadFormat(string path)
    {
        try
        {
            byte[] head = new byte[16];
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 256);
            head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            string format = VideoContainer.FormatOf(path, head) ?? "video";
            VideoContainer.CheckComplete(path, format, stream);
            return format;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }

    private static EchoClip Decode(string path, string format, AviFile? avi)
    {
        var video = VideoDecoder.Decode(path, path);
        List<string> notes = [];
        if (avi?.Chunks.Count(chunk => chunk.Length > 0) == video.Frames.Count && video.Frames.Count < avi.Chunks.Count)
        {
            // The decoder passes over empty chunks, which stand for the frame before them.
            int decoded = 0;
            var frames = avi.Chunks.Select(chunk => video.Frames[Math.Max(0, chunk.Length > 0 ? decoded++ : decoded - 1)]).ToList();
            notes.Add($"{frames.Count - decoded} of {frames.Count} frames repeat the one before them, as the file says.");
            video = video with { Frames = frames, StampsMs = [] };
        }
        else if (video.Announced > video.Frames.Count)
        {
            notes.Add($"The header announces {video.Announced} frames; {video.Frames.Count} could be decoded.");
        }

        // The rate of an AVI file is exact: it has no time stamps that could be missing.
        double[]? times = video.FrameTimes(avi is null ? notes : []);
        return new EchoClip(video.ToStore(), new ClipOrigin(path, format, video.Codec) { IsLossy = video.IsLossy })
        {
            FrameTimesMs = times,
            Notes = notes,
        };
    }
}
