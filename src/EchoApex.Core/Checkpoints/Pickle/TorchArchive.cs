using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>
/// The zip container of torch.save: the pickle in NAME/data.pkl, each storage in NAME/data/KEY, as a rule uncompressed, so
/// that tensors are read from their place in the file. Source: PKWARE APPNOTE 6.3 (zip, zip64).
/// </summary>
internal sealed class TorchArchive : IStorageSource
{
    private const int MaxPickle = 64 << 20;
    private const int MaxEntries = 1 << 20;

    // Deflate cannot grow by more than this factor (its limit is about 1,032).
    private const long MaxDeflateRatio = 1040;

    private readonly WeightsStream _file;
    private readonly Dictionary<string, Entry> _entries;
    private readonly string _root;

    private TorchArchive(WeightsStream file, Dictionary<string, Entry> entries)
    {
        (_file, _entries) = (file, entries);
        string pickle = entries.Keys.Where(name => name == "data.pkl" || name.EndsWith("/data.pkl", StringComparison.Ordinal)).MinBy(name => name.Length)
            ?? throw new CheckpointException(file.Path, "is a zip archive without data.pkl, so it was not written by torch.save. Save the state dict with torch.save or as safetensors.");
        _root = pickle[..^"data.pkl".Length];
    }

    public static TorchArchive Open(WeightsStream file) => new(file, new DirectoryReader(file).Read());

    /// <summary>The bytes of the pickle.</summary>
    public Stream OpenPickle()
    {
        if (_entries.ContainsKey(_root + "constants.pkl"))
        {
            throw new CheckpointException(_file.Path, "is a TorchScript program, not weights. Save the state dict: torch.save(model.state_dict(), path).");
        }

        var order = _entries.GetValueOrDefault(_root + "byteorder");
        if (order is { Length: 3 })
        {
            throw new CheckpointException(_file.Path, "was written on a big-endian machine, which is not supported. Save it as safetensors there.");
        }

        var entry = Locate(_entries[_root + "data.pkl"], "data.pkl");
        if (entry.Length > MaxPickle)
        {
            throw new CheckpointException(_file.Path, $"holds a pickle of {entry.Length} bytes; the limit is {MaxPickle}. Save only the state dict.");
        }

        byte[] bytes = new byte[(int)entry.Length];
        Read(entry, 0, bytes);
        return new MemoryStream(bytes, writable: false);
    }

    public StoragePlace Find(string key)
    {
        if (!_entries.TryGetValue($"{_root}data/{key}", out var entry))
        {
            throw new CheckpointException(_file.Path, $"lacks the storage '{Listing.Name(key)}' that its pickle names. Fetch the file again.");
        }

        var located = Locate(entry, key);
        return new StoragePlace(located.Deflated ? -1 : located.Start, located.Length, (start, destination) => Read(located, start, destination));
    }

    private void Read(Entry entry, long start, Span<byte> destination)
    {
        if (!entry.Deflated)
        {
            _file.ReadExactly(destination, entry.Start + start);
            return;
        }

        try
        {
            using var section = _file.Section(entry.Start, entry.StoredLength);
            using var inflate = new DeflateStream(section, CompressionMode.Decompress);
            byte[] skipped = new byte[Math.Min(1 << 16, Math.Max(start, 1))];
            for (long left = start; left > 0;)
            {
                int count = (int)Math.Min(left, skipped.Length);
                inflate.ReadExactly(skipped, 0, count);
                left -= count;
            }

            inflate.ReadExactly(destination);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new CheckpointException(_file.Path, "holds compressed bytes that are damaged. Fetch the file again.", error);
        }
    }

    // The place of an entry's bytes follows from its local header, which repeats the name.
    private Entry Locate(Entry entry, string name)
    {
        Span<byte> header = stackalloc byte[30];
        if (entry.HeaderAt > _file.Length - header.Length)
        {
            throw Damaged($"places '{Listing.Name(name)}' behind its end");
        }

        _file.ReadExactly(header, entry.HeaderAt);
        long start = entry.HeaderAt + 30 + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50 || entry.StoredLength > _file.Length - start)
        {
            throw Damaged($"places '{Listing.Name(name)}' where it cannot be");
        }

        if (entry.Deflated ? entry.Length / MaxDeflateRatio > entry.StoredLength : entry.Length != entry.StoredLength)
        {
            throw Damaged($"declares {entry.Length} bytes for '{Listing.Name(name)}', stored in {entry.StoredLength}");
        }

        return entry with { Start = start };
    }

    private CheckpointException Damaged(string what) => new(_file.Path, $"the zip directory {what}. The file is damaged or cut short: fetch it again.");

    private sealed record Entry(long HeaderAt, long StoredLength, long Length, bool Deflated, long Start = 0);

    /// <summary>Reads the directory at the end of a zip file.</summary>
    private sealed class DirectoryReader(WeightsStream file)
    {
        public Dictionary<string, Entry> Read()
        {
            var (offset, length, count) = FindDirectory();
            if (count > MaxEntries || offset < 0 || length < 0 || length > (1 << 28) || offset > file.Length - length || count * 46 > length)
            {
                throw Fault($"declares {count} entries in {length} bytes at {offset}");
            }

            byte[] directory = new byte[(int)length];
            file.ReadExactly(directory, offset);
            Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
            ReadOnlySpan<byte> rest = directory;
            for (long i = 0; i < count; i++)
            {
                rest = ReadEntry(rest, entries);
            }

            return entries;
        }

        private (long Offset, long Length, long Count) FindDirectory()
        {
            byte[] tail = new byte[(int)Math.Min(file.Length, 22 + ushort.MaxValue)];
            file.ReadExactly(tail, file.Length - tail.Length);
            int at = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
            if (at < 0 || at > tail.Length - 22)
            {
                throw Fault("is missing at its end");
            }

            var end = tail.AsSpan(at);
            long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            long length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            long offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            bool wide = at >= 20 && tail.AsSpan(at - 20, 4).SequenceEqual("PK\x06\x07"u8);
            return wide ? ReadWide(BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(at - 20 + 8))) : (offset, length, count);
        }

        private (long Offset, long Length, long Count) ReadWide(long at)
        {
            Span<byte> end = stackalloc byte[56];
            if (at < 0 || at > file.Length - end.Length)
            {
                throw Fault("has its zip64 record outside the file");
            }

            file.ReadExactly(end, at);
            if (!end[..4].SequenceEqual("PK\x06\x06"u8))
            {
                throw Fault("has no zip64 record where it should be");
            }

            return (BinaryPrimitives.ReadInt64LittleEndian(end[48..]), BinaryPrimitives.ReadInt64LittleEndian(end[40..]), BinaryPrimitives.ReadInt64LittleEndian(end[32..]));
        }

        private ReadOnlySpan<byte> ReadEntry(ReadOnlySpan<byte> rest, Dictionary<string, Entry> entries)
        {
            if (rest.Length < 46 || !rest[..4].SequenceEqual("PK\x01\x02"u8))
            {
                throw Fault("ends too early");
            }

            int flags = BinaryPrimitives.ReadUInt16LittleEndian(rest[8..]);
            int method = BinaryPrimitives.ReadUInt16LittleEndian(rest[10..]);
            long stored = BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]);
            long length = BinaryPrimitives.ReadUInt32LittleEndian(rest[24..]);
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
            int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
            int total = 46 + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
            long headerAt = BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]);
            if (rest.Length < total)
            {
                throw Fault("ends too early");
            }

            string name = Encoding.UTF8.GetString(rest.Slice(46, nameLength));
            Widen(rest.Slice(46 + nameLength, extraLength), ref length, ref stored, ref headerAt);
            if ((flags & 1) != 0 || method is not (0 or 8) || stored < 0 || length < 0 || headerAt < 0)
            {
                throw Fault($"has '{Listing.Name(name)}' encrypted, compressed in an unknown way, or of impossible size");
            }

            if (!entries.TryAdd(name, new Entry(headerAt, stored, length, method == 8)))
            {
                throw Fault($"names '{Listing.Name(name)}' twice");
            }

            return rest[total..];
        }

        // Values that do not fit 32 bits stand in the extra field 1, in this order, only those that are needed.
        private static void Widen(ReadOnlySpan<byte> extra, ref long length, ref long stored, ref long headerAt)
        {
            while (extra.Length >= 4)
            {
                int size = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
                if (size > extra.Length - 4)
                {
                    return;
                }

                if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == 1)
                {
                    var values = extra.Slice(4, size);
                    TakeWide(ref values, ref length);
                    TakeWide(ref values, ref stored);
                    TakeWide(ref values, ref headerAt);
                    return;
                }

                extra = extra[(4 + size)..];
            }
        }

        private static void TakeWide(ref ReadOnlySpan<byte> values, ref long value)
        {
            if (value == uint.MaxValue && values.Length >= 8)
            {
                value = BinaryPrimitives.ReadInt64LittleEndian(values);
                values = values[8..];
            }
        }

        private CheckpointException Fault(string what) => new(file.Path, $"the zip directory {what}. The file is damaged or cut short: fetch it again.");
    }
}
