namespace EchoApex.Core.Datasets.Shards;

/// <summary>Open archives and indexes of a set, a bounded number at a time; the least recently used are closed first. May be used from several threads.</summary>
internal sealed class ShardHandles(int maximum) : IDisposable
{
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _recent = new();
    private readonly Lock _lock = new();
    private bool _disposed;

    /// <summary>Reads from a file, opened if need be; it stays open at least until the read is done.</summary>
    /// <exception cref="Runtime.DataException">The file cannot be opened or read, or has another length.</exception>
    public void Read(string path, long expectedLength, long offset, Span<byte> destination)
    {
        var entry = Take(path);
        try
        {
            if (entry.File.Length != expectedLength)
            {
                throw new Runtime.DataException(path, $"has {entry.File.Length} bytes; {expectedLength} are expected. It is cut short or of another set; try 'echoapex shards verify'.");
            }

            entry.File.Read(offset, destination);
        }
        finally
        {
            Release(entry);
        }
    }

    /// <summary>Closes all files, once no read uses them.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_recent.First is { } node)
            {
                Evict(node);
            }
        }
    }

    private Entry Take(string path)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(path, out var node))
            {
                _recent.Remove(node);
            }
            else
            {
                node = new LinkedListNode<Entry>(new Entry(path, ShardFile.Open(path)));
                _entries.Add(path, node);
            }

            _recent.AddFirst(node);
            node.Value.Users++;
            if (_entries.Count > maximum)
            {
                Evict(_recent.Last!);
            }

            return node.Value;
        }
    }

    private void Release(Entry entry)
    {
        lock (_lock)
        {
            entry.Users--;
            CloseIfUnused(entry);
        }
    }

    private void Evict(LinkedListNode<Entry> node)
    {
        _recent.Remove(node);
        _entries.Remove(node.Value.Path);
        node.Value.IsEvicted = true;
        CloseIfUnused(node.Value);
    }

    private static void CloseIfUnused(Entry entry)
    {
        if (entry is { IsEvicted: true, Users: 0 })
        {
            entry.File.Dispose();
        }
    }

    private sealed class Entry(string path, ShardFile file)
    {
        public string Path { get; } = path;

        public ShardFile File { get; } = file;

        public int Users { get; set; }

        public bool IsEvicted { get; set; }
    }
}
