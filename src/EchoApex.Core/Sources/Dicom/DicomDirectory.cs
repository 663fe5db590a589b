using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Reads a DICOMDIR (PS3.3 annex F): the files of a medium, as its directory lists them.</summary>
public static class DicomDirectory
{
    private const uint DirectoryRecords = 0x0004_1220;
    private const uint RecordType = 0x0004_1430;
    private const uint ReferencedFile = 0x0004_1500;

    /// <summary>Whether a path is a file called DICOMDIR.</summary>
    public static bool Is(string path) => Path.GetFileName(path).Equals("DICOMDIR", StringComparison.OrdinalIgnoreCase) && File.Exists(path);

    /// <summary>The image files that it lists, in its order, as paths. A listed file may be missing.</summary>
    /// <param name="path">The DICOMDIR.</param>
    /// <exception cref="DataException">It cannot be read, or lists a file outside its folder.</exception>
    public static IReadOnlyList<string> Images(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var source = new FileByteSource(path);
        using var open = source.KeepOpen();
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return [.. DicomFile.Open(source).Dataset.GetItems(DirectoryRecords)
            .Where(record => record.GetString(RecordType) is "IMAGE" && record.Contains(ReferencedFile))
            .Select(record => Locate(path, folder, record.GetString(ReferencedFile)!))];
    }

    // Components are separated by backslashes whatever the system; nothing may lead out of the folder (PS3.10 section 8).
    private static string Locate(string path, string folder, string file)
    {
        string[] parts = file.Split('\\', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0 || parts.Any(part => part is "." or ".." || part.AsSpan().IndexOfAny('/', '\0', ':') >= 0))
        {
            throw new DataException(path, $"lists the file '{file}', which is not a path below its folder. Name the files one by one.");
        }

        string exact = Path.Combine([folder, .. parts]);

        // Media are often copied to file systems that keep lower case apart.
        string lower = Path.Combine([folder, .. parts.Select(part => part.ToLowerInvariant())]);
        return File.Exists(exact) || !File.Exists(lower) ? exact : lower;
    }
}
