using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>
/// Lists the clips of files, folders and archives (.zip, .tar, .tar.gz, .tgz) in an order that depends on their names alone. What
/// lies in an archive is taken out one clip at a time into a temporary folder.
/// </summary>
/// <param name="inputs">Files, folders and archives.</param>
/// <param name="names">Names the clips.</param>
/// <param name="output">Folder of the shards; what it holds is no input, though it lie in one.</param>
/// <param name="temporary">Folder for what is taken out of archives.</param>
internal sealed class InputWalker(IReadOnlyList<string> inputs, ClipNames names, string output, string temporary)
{
    private readonly ArchiveWalker _archives = new(names, temporary);
    private readonly Dictionary<string, string> _looseGroups = new(StringComparer.Ordinal);
    private int _passedOver;

    /// <summary>Files in folders and archives that are no clips: passed over.</summary>
    public int PassedOver => _passedOver + _archives.PassedOver;

    public IEnumerable<IngestItem> Items()
    {
        var roots = new HashSet<string>(StringComparer.Ordinal);
        foreach (string input in inputs)
        {
            string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(input));
            string root = Path.GetFileName(full);
            for (int number = 2; !roots.Add(root); number++)
            {
                root = $"{Path.GetFileName(full)}#{number}";
            }

            if (!Directory.Exists(full) && !File.Exists(full))
            {
                throw new DataException(input, "does not exist. Name files, folders or archives.");
            }

            foreach (var item in Directory.Exists(full) ? Folder(full, root) : Single(full, root, LooseGroup(full)))
            {
                yield return item;
            }
        }
    }

    private IEnumerable<IngestItem> Folder(string folder, string root)
    {
        var found = new List<string>();
        foreach (var (path, isClip) in new FolderWalk(output, temporary).Run(folder))
        {
            if (isClip || (ArchiveWalker.IsArchive(path) && !Path.GetFileName(path).StartsWith('.')))
            {
                found.Add(path);
            }
            else
            {
                _passedOver++;
            }
        }

        foreach (string path in found.Order(StringComparer.Ordinal))
        {
            string name = $"{root}/{Path.GetRelativePath(folder, path).Replace('\\', '/')}";
            foreach (var item in Single(path, name, name[..name.LastIndexOf('/')]))
            {
                yield return item;
            }
        }
    }

    private IEnumerable<IngestItem> Single(string path, string name, string group) =>
        ArchiveWalker.IsArchive(path) && !Directory.Exists(path) ? _archives.Items(path, name) : [Item(path, name, group)];

    private IngestItem Item(string path, string name, string group)
    {
        var (own, key, done) = names.Take(name, () => TryContent(path));
        return new IngestItem(own, key, group) { Path = done is null ? path : null, Done = done };
    }

    private static string? TryContent(string path)
    {
        try
        {
            return SourceContent.Of(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Files that are named themselves have no folder in their names; those of one folder belong together all the same.
    private string LooseGroup(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (!_looseGroups.TryGetValue(folder, out string? group))
        {
            group = "./" + Path.GetFileName(folder);
            for (int number = 2; _looseGroups.ContainsValue(group); number++)
            {
                group = $"./{Path.GetFileName(folder)}#{number}";
            }

            _looseGroups[folder] = group;
        }

        return group;
    }
}
