using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;

namespace EchoApex.Core.Sources.Video.Avi;

/// <summary>Makes a clip of a Motion JPEG AVI file whose frames are decoded one at a time.</summary>
internal static class AviClip
{
    // 8,192 x 8,192: far above any ultrasound frame, and a bound on what a damaged header can make us allocate.
    private const long MostPixels = 1 << 26;

    /// <summary>The clip; null when the file is of another codec, or a kind of Motion JPEG that is left to FFmpeg, such as one with two fields a frame or without end markers.</summary>
    public static EchoClip? TryCreate(AviFile file)
    {
        var header = file.Header;
        int first = NextFrame(file.Chunks, 0);
        if (header.Codec.ToUpperInvariant() is not ("MJPG" or "JPEG" or "IJPG" or "DMB1") || first < 0)
        {
            return null;
        }

        if (ReadHeader(file, first) is not { Precision: 8, Components: 1 or 3 } jpeg || LacksEndMarkers(file, first, jpeg) || jpeg.Width != header.Width || jpeg.Height != header.Height
            || jpeg.Width < 1 || jpeg.Height < 1 || (long)jpeg.Width * jpeg.Height > MostPixels)
        {
            return null;
        }

        int[] sources = Sources(file.Chunks, first);
        List<string> notes = [.. file.Notes];
        int repeats = file.Chunks.Count(chunk => chunk.Length == 0);
        if (repeats > 0)
        {
            notes.Add($"{repeats} of {file.Chunks.Count} frames repeat the one before them, as the file says.");
        }

        if (header.DeclaredFrames > file.Chunks.Count)
        {
            notes.Add($"The header announces {header.DeclaredFrames} frames; the file holds {file.Chunks.Count}.");
        }

        return new EchoClip(new AviFrameStore(file, sources, jpeg.Height, jpeg.Width, jpeg.Components), new ClipOrigin(file.Source.Name, "AVI", header.Codec) { IsLossy = true })
        {
            FrameTimesMs = file.Chunks.Count > 1 && header.FramesPerSecond is { } rate ? [.. Enumerable.Range(0, file.Chunks.Count).Select(i => i * 1000 / rate)] : null,
            Notes = notes,
        };
    }

    private static JpegHeader? ReadHeader(AviFile file, int chunk)
    {
        byte[] bytes = new byte[file.Chunks[chunk].Length];
        file.Source.Read(file.Chunks[chunk].Offset, bytes);
        return JpegHeader.TryRead(bytes);
    }

    // Some writers leave the marker out of every frame. One frame without it among others was cut short.
    private static bool LacksEndMarkers(AviFile file, int first, JpegHeader header) =>
        header.StreamLength is null && (NextFrame(file.Chunks, first + 1) is not (>= 0 and var second) || ReadHeader(file, second) is { StreamLength: null });

    // The first chunk from a place on that is not empty; -1 when there is none.
    private static int NextFrame(IReadOnlyList<AviChunk> chunks, int from)
    {
        for (int i = from; i < chunks.Count; i++)
        {
            if (chunks[i].Length > 0)
            {
                return i;
            }
        }

        return -1;
    }

    // Which chunk each frame is decoded from: its own, or where that is empty the one before; before the first picture, the first.
    private static int[] Sources(IReadOnlyList<AviChunk> chunks, int first)
    {
        int[] sources = new int[chunks.Count];
        int last = first;
        for (int i = 0; i < sources.Length; i++)
        {
            last = chunks[i].Length > 0 ? i : last;
            sources[i] = last;
        }

        return sources;
    }
}
