using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Files of a folder by name without extension: one listing instead of a question to the disk for each row of a table.</summary>
internal sealed class FileIndex
{
    private readonly Dictionary<string, List<string>> _paths = new(StringComparer.Ordinal);

    private FileIndex()
    {
    }

    /// <summary>Lists folders, all levels deep; folders that do not exist are passed over.</summary>
    public static FileIndex List(IEnumerable<string> folders, params string[] extensions)
    {
        var index = new FileIndex();
        foreach (string folder in folders.Where(Directory.Exists))
        {
            try
            {
                foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)))
                {
                    index.Add(path);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new DataException(folder, $"cannot be listed: {error.Message}", innerException: error);
            }
        }

        return index;
    }

    /// <summary>A name without the extension that some copies of a table give it.</summary>
    public static string Stem(string name) =>
        Path.GetExtension(name).ToUpperInvariant() is ".AVI" or ".MP4" or ".PNG" ? Path.GetFileNameWithoutExtension(name) : name;

    /// <summary>The files of a name, with or without extension; empty for none.</summary>
    public IReadOnlyList<string> Find(string name) => _paths.GetValueOrDefault(Stem(name)) ?? [];

    private void Add(string path)
    {
        string stem = Path.GetFileNameWithoutExtension(path);
        if (!_paths.TryGetValue(stem, out var paths))
        {
            _paths[stem] = paths = [];
        }

        paths.Add(path);
        paths.Sort(StringComparer.Ordinal);
    }
}
