using System.Buffers.Binary;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>The size of a video's frames, from its header where it is an AVI: tables of public sets are wrong about it.</summary>
internal static class VideoFrameSize
{
    /// <exception cref="DataException">The file cannot be read.</exception>
    public static (int Height, int Width) Read(string path)
    {
        byte[] head = new byte[72];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 128);
            head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }

        // RIFF, AVI, LIST hdrl, avih: the main header is first (AVI RIFF file reference).
        if (head.Length == 72 && head.AsSpan().StartsWith("RIFF"u8) && head.AsSpan(24).StartsWith("avih"u8))
        {
            int width = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(64));
            int height = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(68));
            if (width is > 0 and <= 1 << 14 && height is > 0 and <= 1 << 14)
            {
                return (height, width);
            }
        }

        var clip = ClipReader.Open(path);
        return (clip.Height, clip.Width);
    }
}
