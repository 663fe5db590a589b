using System.Formats.Tar;
using System.IO.Compression;
using EchoApex.Core.Sources;

namespace EchoApex.Core.Datasets.Ingest;

/// <summary>Lists the clips of archives and takes them out one at a time. A damaged archive gives what comes before the damage, and one item that says so.</summary>
/// <param name="names">Names the clips.</param>
/// <param name="temporary">Folder for what is taken out.</param>
internal sealed class ArchiveWalker(ClipNames names, string temporary)
{
    private const long LongestEntry = 4L << 30;
    private int _count;

    /// <summary>Entries that are no clips.</summary>
    public int PassedOver { get; private set; }

    public static bool IsArchive(string name) =>
        name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase);

    public IEnumerable<IngestItem> Items(string path, string name)
    {
        var items = path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) ? Zip(path, name) : Tar(path, name);
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
                fault = Fault(name, name, "the archive is damaged or cannot be read");
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
            if (TakeOut(name, entry.FullName, entry.Length, SourceContent.OfEntry(entry.Length, entry.Crc32), to => Copy(entry.Open(), to)) is { } item)
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
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && IsWanted(entry.Name) && TakeOut(name, entry) is { } item)
            {
                yield return item;
            }
        }
    }

    // The archive keeps no checksum of an entry's bytes, and they can be read once only: the first ones are read to tell entries apart.
    private IngestItem? TakeOut(string archive, TarEntry entry)
    {
        byte[] start = new byte[Math.Min(entry.Length, SourceContent.SampleLength)];
        entry.DataStream?.ReadExactly(start);
        return TakeOut(archive, entry.Name, entry.Length, SourceContent.OfEntry(entry.Length, start), to =>
        {
            to.Write(start);
            Copy(entry.DataStream ?? Stream.Null, to);
        });
    }

    private static bool IsWanted(string name) =>
        Path.GetFileName(name) is { Length: > 0 } file && !file.StartsWith('.') && !file.Equals("DICOMDIR", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("__MACOSX/", StringComparison.Ordinal);

    private IngestItem? TakeOut(string archive, string entry, long length, string content, Action<Stream> copy)
    {
        string name = $"{archive}!{entry}";
        string group = entry.Replace('\\', '/').LastIndexOf('/') is > 0 and int end ? $"{archive}!{entry[..end]}" : archive;
        if (IsArchive(entry))
        {
            return Fault(name, group, "an archive within an archive; unpack the outer one first");
        }

        if (length > LongestEntry)
        {
            return Fault(name, group, "an entry of more than 4 GiB; unpack the archive first");
        }

        var (own, key, done) = names.Take(name, () => content);
        var item = new IngestItem(own, key, group) { Content = content, Done = done };
        if (done is not null)
        {
            return item;
        }

        string path = Extract(entry, copy);
        if (ClipReader.EnumerateClips(Path.GetDirectoryName(path)!).Contains(path))
        {
            return item with { Path = path, IsTemporary = true };
        }

        PassedOver++;
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        return null;
    }

    private IngestItem Fault(string name, string group, string reason)
    {
        var (own, key, _) = names.Take(name, () => null);
        return new IngestItem(own, key, group) { Fault = reason };
    }

    private string Extract(string entry, Action<Stream> copy)
    {
        // A folder of its own: the clip walker looks at folders. The name within the archive goes no farther than its extension.
        string folder = Path.Combine(temporary, $"{++_count:D8}");
        Directory.CreateDirectory(folder);
        string extension = new([.. Path.GetExtension(entry).Where(letter => char.IsAsciiLetterOrDigit(letter) || letter == '.').Take(12)]);
        string path = Path.Combine(folder, "clip" + extension);
        using var to = File.Create(path);
        copy(to);
        return path;
    }

    // An entry may be longer than its header says.
    private static void Copy(Stream from, Stream to)
    {
        using var source = from;
        byte[] block = new byte[1 << 16];
        int count;
        while ((count = source.Read(block)) > 0 && to.Length + count <= LongestEntry)
        {
            to.Write(block, 0, count);
        }
    }
}
