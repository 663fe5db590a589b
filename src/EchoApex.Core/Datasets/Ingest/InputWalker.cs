using System.Formats.Tar;
using System.IO.Compression;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>
/// Lists the clips of files, folders and archives (.zip, .tar, .tar.gz, .tgz) in an order that depends on their names alone. What
/// lies in an archive is taken out one clip at a time into a temporary folder.
/// </summary>
/// <param name="inputs">Files, folders and archives.</param>
/// <param name="pseudonyms">Makes the keys.</param>
/// <param name="output">Folder of the shards; what it holds is no input, though it lie in one.</param>
/// <param name="temporary">Folder for what is taken out of archives.</param>
/// <param name="isKnown">Whether a key is done.</param>
internal sealed class InputWalker(IReadOnlyList<string> inputs, Pseudonymizer pseudonyms, string output, string temporary, Func<string, bool> isKnown)
{
    private const long LongestEntry = 4L << 30;
    private int _count;

    /// <summary>Files in folders and archives that are no clips: passed over.</summary>
    public int PassedOver { get; private set; }

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

            foreach (var item in Directory.Exists(full) ? Folder(full, root) : Single(full, root))
            {
                yield return item;
            }
        }
    }

    private static bool IsArchive(string name) =>
        name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase);

    private IEnumerable<IngestItem> Folder(string folder, string root)
    {
        var found = new List<string>();
        foreach (var (path, isClip) in new FolderWalk(output, temporary).Run(folder))
        {
            if (isClip || (IsArchive(path) && !Path.GetFileName(path).StartsWith('.')))
            {
                found.Add(path);
            }
            else
            {
                PassedOver++;
            }
        }

        foreach (string path in found.Order(StringComparer.Ordinal))
        {
            string name = $"{root}/{Path.GetRelativePath(folder, path).Replace('\\', '/')}";
            foreach (var item in Single(path, name))
            {
                yield return item;
            }
        }
    }

    private IEnumerable<IngestItem> Single(string path, string name) =>
        !IsArchive(path) || Directory.Exists(path) ? [Item(name, () => path, isTemporary: false)]
        : path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) ? Guard(name, Zip(path, name)) : Guard(name, Tar(path, name));

    // A damaged archive gives what comes before the damage, and one item that says so.
    private IEnumerable<IngestItem> Guard(string name, IEnumerable<IngestItem> items)
    {
        using var each = items.GetEnumerator();
        while (true)
        {
            IngestItem? fault = null;
            try
            {
                if (!each.MoveNext())
                {
                    yield break;
                }
            }
            catch (Exception error) when (error is InvalidDataException or IOException or FormatException or UnauthorizedAccessException or NotSupportedException)
            {
                fault = new IngestItem(name, KeyOf(name), null, false, "the archive is damaged or cannot be read");
            }

            yield return fault ?? each.Current;
            if (fault is not null)
            {
                yield break;
            }
        }
    }

    private IEnumerable<IngestItem> Zip(string path, string name)
    {
        using var archive = ZipFile.OpenRead(path);
        foreach (var entry in archive.Entries.Where(entry => IsWanted(entry.FullName)).OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            if (TakeOut($"{name}!{entry.FullName}", entry.FullName, entry.Length, entry.Open) is { } item)
            {
                yield return item;
            }
        }
    }

    private IEnumerable<IngestItem> Tar(string path, string name)
    {
        using var file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) ? file : new GZipStream(file, CompressionMode.Decompress);
        using var reader = new TarReader(stream);
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && IsWanted(entry.Name)
                && TakeOut($"{name}!{entry.Name}", entry.Name, entry.Length, () => entry.DataStream ?? Stream.Null) is { } item)
            {
                yield return item;
            }
        }
    }

    private static bool IsWanted(string name) =>
        Path.GetFileName(name) is { Length: > 0 } file && !file.StartsWith('.') && !file.Equals("DICOMDIR", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("__MACOSX/", StringComparison.Ordinal);

    private IngestItem? TakeOut(string name, string entry, long length, Func<Stream> open)
    {
        if (IsArchive(entry))
        {
            return new IngestItem(name, KeyOf(name), null, false, "an archive within an archive; unpack the outer one first");
        }

        if (length > LongestEntry)
        {
            return new IngestItem(name, KeyOf(name), null, false, "an entry of more than 4 GiB; unpack the archive first");
        }

        var item = Item(name, () => Extract(entry, open), isTemporary: true);
        if (item.Path is null || LooksLikeClip(item.Path))
        {
            return item;
        }

        PassedOver++;
        Directory.Delete(Path.GetDirectoryName(item.Path)!, recursive: true);
        return null;
    }

    private static bool LooksLikeClip(string path) =>
        ClipReader.EnumerateClips(Path.GetDirectoryName(path)!).Contains(path);

    private string Extract(string entry, Func<Stream> open)
    {
        // A folder of its own: the clip walker looks at folders. The name within the archive goes no farther than its extension.
        string folder = Path.Combine(temporary, $"{++_count:D8}");
        Directory.CreateDirectory(folder);
        string extension = new([.. Path.GetExtension(entry).Where(letter => char.IsAsciiLetterOrDigit(letter) || letter == '.').Take(12)]);
        string path = Path.Combine(folder, "clip" + extension);
        using var from = open();
        using var to = File.Create(path);
        byte[] block = new byte[1 << 16];
        long total = 0;
        int count;
        while ((count = from.Read(block)) > 0 && (total += count) <= LongestEntry)
        {
            to.Write(block, 0, count);
        }

        return path;
    }

    private IngestItem Item(string name, Func<string> take, bool isTemporary)
    {
        string key = KeyOf(name);
        return isKnown(key) ? new IngestItem(name, key, null, false) : new IngestItem(name, key, take(), isTemporary);
    }

    private string KeyOf(string name) => "c" + pseudonyms.Token("clip", name, 20);
}
