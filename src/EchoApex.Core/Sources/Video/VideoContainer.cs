using System.Buffers.Binary;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Video;

/// <summary>
/// Recognises video containers by their first bytes, and checks that the outermost structures of AVI and MP4 files end
/// within the file: decoders silently play the beginning of a file that was cut short.
/// </summary>
internal static class VideoContainer
{
    private static readonly string[] Extensions = [".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg", ".ts"];

    /// <summary>"AVI", "MP4", "MKV", "MPEG" by content, or the extension in capitals; null when nothing says video.</summary>
    public static string? FormatOf(string path, ReadOnlySpan<byte> head)
    {
        if (head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual("AVI "u8))
        {
            return "AVI";
        }

        if (head.Length >= 12 && head[4..8].SequenceEqual("ftyp"u8))
        {
            return head[8..11].SequenceEqual("qt "u8) ? "MOV" : "MP4";
        }

        return head switch
        {
            [0x1A, 0x45, 0xDF, 0xA3, ..] => "MKV",
            [0x00, 0x00, 0x01, 0xBA or 0xB3, ..] => "MPEG",
            _ => IsVideo(path) ? Path.GetExtension(path)[1..].ToUpperInvariant() : null,
        };
    }

    /// <summary>Whether a file's name says that it is a video.</summary>
    public static bool IsVideo(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks the outermost chunks or boxes.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="format">What <see cref="FormatOf"/> said.</param>
    /// <param name="stream">The file, open.</param>
    /// <exception cref="DataException">One of them reaches beyond the file.</exception>
    public static void CheckComplete(string path, string format, FileStream stream)
    {
        if (format == "AVI")
        {
            CheckRiff(path, stream);
        }
        else if (format is "MP4" or "MOV" or "M4V")
        {
            CheckBoxes(path, stream);
        }
    }

    // A size of 0 or all ones is left by writers that could not go back to fill it in.
    private static void CheckRiff(string path, FileStream stream)
    {
        Span<byte> header = stackalloc byte[8];
        long position = 0;
        while (position + 8 <= stream.Length)
        {
            stream.Position = position;
            stream.ReadExactly(header);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            if (!header.StartsWith("RIFF"u8) || size is 0 or uint.MaxValue)
            {
                return;
            }

            Require(path, "RIFF", position + 8 + size, stream.Length);
            position += 8 + size + (size & 1);
        }
    }

    private static void CheckBoxes(string path, FileStream stream)
    {
        Span<byte> header = stackalloc byte[16];
        long position = 0;
        while (position + 8 <= stream.Length)
        {
            stream.Position = position;
            int count = stream.ReadAtLeast(header, 16, throwOnEndOfStream: false);
            long size = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (size == 1 && count == 16)
            {
                size = BinaryPrimitives.ReadInt64BigEndian(header[8..]);
            }

            if (size == 0)
            {
                return;
            }

            string name = System.Text.Encoding.Latin1.GetString(header[4..8]);
            if (size < 8)
            {
                throw new DataException(path, $"has a box '{name}' of {size} bytes at offset {position}; the file is damaged.");
            }

            Require(path, name, size > long.MaxValue - position ? long.MaxValue : position + size, stream.Length);
            position += size;
        }
    }

    private static void Require(string path, string name, long end, long length)
    {
        if (end > length)
        {
            throw new DataException(path, $"its '{name}' part reaches to byte {end}, but the file has {length}; it is cut short.");
        }
    }
}
