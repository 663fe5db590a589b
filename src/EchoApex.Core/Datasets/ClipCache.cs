namespace EchoApex.Core.Datasets;

/// <summary>Decoded clips up to a number of bytes; the least recently used go first. Each clip is read by one thread at a time.</summary>
internal sealed class ClipCache(long maximumBytes)
{
    private readonly Dictionary<int, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = new();
    private readonly Lock _lock = new();
    private long _bytes;

    public long ByteCount
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    public SectorFrames GetOrRead(int key, Func<SectorFrames> read)
    {
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                node = new LinkedListNode<Entry>(new Entry(key));
                _entries[key] = node;
            }
            else
            {
                _recent.Remove(node);
            }

            _recent.AddFirst(node);
            entry = node.Value;
        }

        lock (entry)
        {
            if (entry.Frames is { } frames)
            {
                return frames;
            }

            frames = read();
            entry.Frames = frames;
            Account(entry, frames.ByteCount);
            return frames;
        }
    }

    private void Account(Entry added, long bytes)
    {
        lock (_lock)
        {
            // Another thread's reading may have pushed this entry out meanwhile; then it is not counted.
            if (_entries.TryGetValue(added.Key, out var own) && ReferenceEquals(own.Value, added))
            {
                added.Bytes = bytes;
                _bytes += bytes;
            }

            for (var node = _recent.Last; _bytes > maximumBytes && node is not null;)
            {
                var previous = node.Previous;
                if (!ReferenceEquals(node.Value, added) && node.Value.Bytes > 0)
                {
                    _bytes -= node.Value.Bytes;
                    _entries.Remove(node.Value.Key);
                    _recent.Remove(node);
                }

                node = previous;
            }
        }
    }

    private sealed class Entry(int key)
    {
        public int Key { get; } = key;

        public SectorFrames? Frames { get; set; }

        public long Bytes { get; set; }
    }
}
