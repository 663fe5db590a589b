using System.Security.Cryptography;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Sources.MetaImage;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>
/// Tells the content of one file from another's at the price of two short reads: length, start and end. Neither place nor times count,
/// so that an input may be copied or mounted elsewhere.
/// </summary>
internal static class SourceContent
{
    /// <summary>Bytes at each end that count.</summary>
    public const int SampleLength = 1 << 16;

    /// <summary>Of a file, or of a folder of pictures: names and lengths of all, start and end of the first and last.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static string Of(string path)
    {
        if (!Directory.Exists(path))
        {
            return OfFile(path) + (DataOf(path) is { } data ? " " + OfFile(data) : "");
        }

        FileInfo[] pictures = [.. new DirectoryInfo(path).EnumerateFiles().Where(file => PictureClipSource.IsPicture(file.Name)).OrderBy(file => file.Name, StringComparer.Ordinal)];
        string list = string.Concat(pictures.Select(file => $"{file.Name}\0{file.Length}\0"));
        return pictures.Length == 0 ? "" : $"{list}{OfFile(pictures[0].FullName)} {OfFile(pictures[^1].FullName)}";
    }

    /// <summary>Of an entry of a zip archive.</summary>
    public static string OfEntry(long length, uint checksum) => $"{length} {checksum:x8}";

    /// <summary>Of an entry of a tar archive, by its first bytes.</summary>
    public static string OfEntry(long length, ReadOnlySpan<byte> start) => $"{length} {Convert.ToHexStringLower(SHA256.HashData(start))}";

    // A MetaImage header of CAMUS is nearly the same for all clips: what counts is the file it names.
    private static string? DataOf(string path)
    {
        try
        {
            return MetaImageFile.HasName(path) && MetaImageFile.ReadHeader(path).DataPath is { } data && data != path ? data : null;
        }
        catch (DataException)
        {
            // Says so when the clip is opened.
            return null;
        }
    }

    private static string OfFile(string path)
    {
        using var file = File.OpenHandle(path);
        long length = RandomAccess.GetLength(file);
        byte[] sample = new byte[Math.Min(length, 2 * SampleLength)];
        int half = Math.Min(sample.Length, SampleLength);
        Fill(file, sample.AsSpan(0, half), 0);
        Fill(file, sample.AsSpan(half), length - (sample.Length - half));
        return OfEntry(length, sample);
    }

    private static void Fill(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> bytes, long offset)
    {
        for (int count; bytes.Length > 0 && (count = RandomAccess.Read(file, bytes, offset)) > 0; offset += count)
        {
            bytes = bytes[count..];
        }
    }
}
