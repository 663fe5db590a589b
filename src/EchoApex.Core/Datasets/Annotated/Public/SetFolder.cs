using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>
/// The upper levels of a downloaded set: archives unpack into folders of folders, so that tables are looked for a few levels deep.
/// Folders that hold clips by the thousand are not entered.
/// </summary>
internal sealed class SetFolder
{
    private const int Depth = 4;
    private static readonly string[] Bulk = ["videos", "png-cache", "labeled", "unlabeled", "unlabeled_set", "dicom", "avi", "truth"];

    private SetFolder(string root, List<string> folders, List<string> files) => (Root, Folders, Files) = (root, folders, files);

    /// <summary>The folder that was named.</summary>
    public string Root { get; }

    /// <summary>It and the folders below it, upper ones first, each level in ordinal order.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>The files directly in those folders, in the same order; clips are not among them.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <exception cref="DataException">The folder does not exist or cannot be listed.</exception>
    public static SetFolder List(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new DataException(root, "the folder does not exist. Name the folder into which the set was unpacked.");
        }

        var (folders, files) = (new List<string>(), new List<string>());
        string[] level = [root];
        try
        {
            for (int depth = 0; depth <= Depth && level.Length > 0; depth++)
            {
                folders.AddRange(level);
                files.AddRange(level.Where(folder => folder == root || !IsBulk(folder)).SelectMany(folder => Directory.EnumerateFiles(folder).Where(IsTable).Order(StringComparer.Ordinal)));
                level = [.. level.Where(folder => folder == root || !IsBulk(folder)).SelectMany(folder => Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal))];
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(root, $"cannot be listed: {error.Message}", innerException: error);
        }

        return new SetFolder(root, folders, files);
    }

    /// <summary>Tables of a name, in any folder.</summary>
    public IEnumerable<string> Named(string name) => Files.Where(path => Path.GetFileName(path).Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Folders of a name.</summary>
    public IEnumerable<string> FoldersNamed(string name) => Folders.Where(path => Path.GetFileName(path).Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The first line of a table.</summary>
    public static string[] Header(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            char[] start = new char[4096];
            string text = new(start, 0, reader.ReadBlock(start));
            return [.. text.Split('\n')[0].Split(',').Select(name => name.Trim().Trim('"'))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }
    }

    /// <summary>Patient folders of CAMUS: "patient" and four digits.</summary>
    public static bool IsPatient(string folder) =>
        Path.GetFileName(folder) is { Length: 11 } name && name.StartsWith("patient", StringComparison.Ordinal) && name.AsSpan(7).IndexOfAnyExceptInRange('0', '9') < 0;

    private static bool IsBulk(string folder) =>
        Path.GetFileName(folder) is var name && (Bulk.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("Batch", StringComparison.OrdinalIgnoreCase) || IsPatient(folder));

    private static bool IsTable(string path) => Path.GetExtension(path).ToUpperInvariant() is ".CSV" or ".JSON" or ".TXT";
}
