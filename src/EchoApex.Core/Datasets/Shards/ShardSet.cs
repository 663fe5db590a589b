// Shape legend: T = frames, H x W = pixels of a frame.
using System.Buffers;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// A folder of shards, read by position: opening it reads the tables of clips alone, 48 bytes a clip, and a window of frames is then
/// one read of the index and one of the archive. Every byte that is used has had its checksum verified. Clips are numbered through all
/// shards, in the order of shards.json.
/// </summary>
/// <remarks>Thread safety: all members may be used from several threads, but for <see cref="Dispose"/>.</remarks>
public sealed class ShardSet : IDisposable
{
    private const int OpenFiles = 512;

    private readonly Shard[] _shards;
    private readonly ShardClipRecord[] _clips;
    private readonly int[] _firstClip;
    private readonly ShardHandles _handles;

    private ShardSet(string folder, ShardManifest manifest, Shard[] shards, ShardClipRecord[] clips, int[] firstClip, int openFiles)
    {
        _handles = new ShardHandles(openFiles);
        (Folder, Manifest, _shards, _clips, _firstClip) = (folder, manifest, shards, clips, firstClip);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The list of shards.</summary>
    public ShardManifest Manifest { get; }

    /// <summary>Clips of the set.</summary>
    public int Count => _clips.Length;

    /// <summary>Whether a folder holds a complete set of shards.</summary>
    public static bool IsShardFolder(string path) => Directory.Exists(path) && File.Exists(ShardManifest.PathIn(path));

    /// <summary>Opens a set.</summary>
    /// <param name="folder">A folder with shards.json.</param>
    /// <exception cref="DataException">The set is not complete, a file is missing, or an index is damaged.</exception>
    public static ShardSet Open(string folder) => Open(folder, OpenFiles);

    /// <summary>The same with a bound on the number of files that are open at a time.</summary>
    internal static ShardSet Open(string folder, int openFiles)
    {
        var manifest = ShardManifest.Read(folder);
        long count = manifest.ClipCount;
        if (count is 0 or > int.MaxValue)
        {
            throw new DataException(ShardManifest.PathIn(folder), $"tells of {count} clips; a set has 1 to {int.MaxValue}.");
        }

        var shards = new Shard[manifest.Shards.Count];
        int[] firstClip = new int[shards.Length + 1];
        var tables = new ShardClipRecord[shards.Length][];
        for (int i = 0; i < shards.Length; i++)
        {
            (shards[i], tables[i]) = OpenShard(folder, manifest.Shards[i]);
            firstClip[i + 1] = firstClip[i] + tables[i].Length;
        }

        var clips = new ShardClipRecord[firstClip[^1]];
        for (int i = 0; i < shards.Length; i++)
        {
            tables[i].CopyTo(clips, firstClip[i]);
            tables[i] = [];
        }

        return new ShardSet(folder, manifest, shards, clips, firstClip, openFiles);
    }

    /// <summary>Frames of a clip.</summary>
    public int FrameCountOf(int clip) => _clips[clip].FrameCount;

    /// <summary>Rows and columns of a clip's frames.</summary>
    public (int Height, int Width) SizeOf(int clip) => (_clips[clip].Height, _clips[clip].Width);

    /// <summary>A number that clips of one patient share; a clip without a patient has its own.</summary>
    public ulong PatientOf(int clip) => _clips[clip].Patient;

    /// <summary>Where a clip lies and what it is called, for messages: <c>FOLDER/shard-000000.tar#KEY</c>.</summary>
    public string NameOf(int clip)
    {
        try
        {
            return $"{ShardOf(clip).Tar}#{ReadKey(clip).Key}";
        }
        catch (DataException)
        {
            // The name is wanted for a report of damage: a damaged index must not hide it.
            return $"{ShardOf(clip).Tar}#offset {_clips[clip].Offset}";
        }
    }

    /// <summary>A clip's name and its patient, from the index.</summary>
    /// <exception cref="DataException">The index is damaged.</exception>
    public (string Key, string? Patient) ReadKey(int clip)
    {
        var shard = ShardOf(clip);
        long at = shard.Header.NamesAt + _clips[clip].Names;
        byte[] names = new byte[(int)Math.Min(ShardClip.LongestKey + ShardClip.LongestPatient + 4, shard.Header.FileLength - at)];
        _handles.Read(shard.Index, shard.Header.FileLength, at, names);
        try
        {
            return ShardIndex.ReadName(names);
        }
        catch (FormatException error)
        {
            throw new DataException(shard.Index, $"{error.Message}. Rebuild it from the archive with 'echoapex shards repair'.", innerException: error);
        }
    }

    /// <summary>What the shard says of a clip beside its pixels.</summary>
    /// <exception cref="DataException">It is damaged.</exception>
    public ShardClipInfo ReadInfo(int clip)
    {
        var shard = ShardOf(clip);
        var record = _clips[clip];
        byte[] json = new byte[record.JsonLength];
        ReadTar(shard, record.JsonStart, json);
        try
        {
            return Crc32C.Of(json) == record.JsonChecksum
                ? ShardClipJsonReader.Read(json)
                : throw new FormatException("is damaged: its checksum does not hold");
        }
        catch (FormatException error)
        {
            throw new DataException(NameOf(clip), $"the clip's .json {error.Message}.", innerException: error);
        }
    }

    /// <summary>A clip with its sector, frame times and spacing, as if it had been read from a file; frames are decoded when asked for, while the set is open.</summary>
    /// <exception cref="DataException">The clip's description or its mask is damaged.</exception>
    public EchoClip OpenClip(int clip)
    {
        var info = ReadInfo(clip);
        byte[] inside = new byte[info.Height * info.Width];
        if (info.MaskChecksum is not null)
        {
            ReadMask(clip, inside, worker: null);
        }
        else
        {
            var first = ReadFrames(clip, 0, 1)[0].Pixels.Span;
            for (int i = 0; i < inside.Length; i++)
            {
                inside[i] = first[i] == 0 ? (byte)0 : (byte)255;
            }
        }

        return new EchoClip(new ShardFrameStore(this, clip), new ClipOrigin(NameOf(clip), "shard", info.Codec == ShardCodec.Jpeg ? "JPEG" : "PNG") { IsLossy = info.Codec == ShardCodec.Jpeg })
        {
            FrameTimesMs = info.FrameTimesMs,
            Spacing = info.Spacing,
            View = info.View,
            Scanner = info.Scanner,
            Sector = new SectorCrop(0, 0, info.Width, info.Height, inside, 1, "shard"),
        };
    }

    /// <summary>A window of consecutive frames of a clip, by one read of the archive.</summary>
    /// <param name="clip">Zero-based clip.</param>
    /// <param name="first">Zero-based first frame.</param>
    /// <param name="count">Frames; all must be of the clip.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such clip or frame.</exception>
    /// <exception cref="DataException">A frame or the mask is damaged.</exception>
    public SectorFrames ReadFrames(int clip, int first, int count)
    {
        var record = _clips[clip];
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, record.FrameCount - first, nameof(count));
        int area = record.Height * record.Width;
        byte[] pixels = new byte[checked((long)count * area)];
        byte[] mask = record.MaskLength > 0 ? ArrayPool<byte>.Shared.Rent(area) : [];
        try
        {
            var inside = ReadMask(clip, mask, worker: null);
            ReadWindow(clip, first, count, inside, pixels, worker: null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(mask);
        }

        return new SectorFrames(pixels, count, record.Height, record.Width);
    }

    /// <summary>Some frames of a clip, each by a read of its own.</summary>
    /// <param name="clip">Zero-based clip.</param>
    /// <param name="frames">Zero-based frames, in any order.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such clip or frame.</exception>
    /// <exception cref="DataException">A frame or the mask is damaged.</exception>
    public SectorFrames ReadFrames(int clip, ReadOnlySpan<int> frames)
    {
        var record = _clips[clip];
        byte[] pixels = new byte[checked((long)frames.Length * record.Height * record.Width)];
        ReadFrames(clip, frames, pixels, worker: null);
        return new SectorFrames(pixels, frames.Length, record.Height, record.Width);
    }

    /// <summary>Some frames of a clip into memory at hand; the worker's clock tells reading from decoding.</summary>
    internal void ReadFrames(int clip, ReadOnlySpan<int> frames, Span<byte> pixels, LoaderWorker? worker)
    {
        var record = _clips[clip];
        int area = record.Height * record.Width;
        byte[] mask = record.MaskLength > 0 ? ArrayPool<byte>.Shared.Rent(area) : [];
        try
        {
            var inside = ReadMask(clip, mask, worker);
            for (int i = 0; i < frames.Length; i++)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(frames[i], nameof(frames));
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frames[i], record.FrameCount, nameof(frames));
                ReadWindow(clip, frames[i], 1, inside, pixels.Slice(i * area, area), worker);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(mask);
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _handles.Dispose();

    private static (Shard Shard, ShardClipRecord[] Clips) OpenShard(string folder, ShardEntry entry)
    {
        string tar = Path.Combine(folder, entry.Name);
        string index = ShardLayout.IndexOf(tar);
        var info = new FileInfo(tar);
        if (!info.Exists || info.Length != entry.Bytes)
        {
            throw new DataException(tar, $"{(info.Exists ? $"has {info.Length} bytes" : "is missing")}; {ShardLayout.ManifestName} tells of {entry.Bytes}. Put the right file there, or run 'echoapex shards repair' on the folder.");
        }

        using var file = ShardFile.Open(index);
        try
        {
            byte[] start = new byte[Math.Min(ShardIndexHeader.Length, file.Length)];
            file.Read(0, start);
            var header = ShardIndexHeader.Read(start, file.Length);
            return header.ClipCount == entry.Clips && header.TarLength == entry.Bytes && Convert.ToHexStringLower(header.TarSha256) == entry.Sha256
                ? (new Shard(tar, index, header), ShardIndex.ReadClips(file, header))
                : throw new FormatException($"does not belong to the shard that {ShardLayout.ManifestName} tells of");
        }
        catch (FormatException error)
        {
            throw new DataException(index, $"{error.Message}. Rebuild it from the archive with 'echoapex shards repair'.", innerException: error);
        }
    }

    private Shard ShardOf(int clip)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(clip);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(clip, Count);
        int place = Array.BinarySearch(_firstClip, clip);
        if (place < 0)
        {
            place = ~place - 1;
        }

        // Shards without clips share their first clip with the next one.
        while (_firstClip[place + 1] <= clip)
        {
            place++;
        }

        return _shards[place];
    }

    private ReadOnlySpan<byte> ReadMask(int clip, byte[] target, LoaderWorker? worker)
    {
        var record = _clips[clip];
        if (record.MaskLength == 0)
        {
            return default;
        }

        byte[] stored = ArrayPool<byte>.Shared.Rent(record.MaskLength);
        try
        {
            var bytes = stored.AsSpan(0, record.MaskLength);
            ReadTar(ShardOf(clip), record.MaskStart, bytes);
            var mask = target.AsSpan(0, record.Height * record.Width);
            worker?.Enter(LoaderPhase.Decode);
            Decode(clip, null, bytes, record.MaskChecksum, mask);
            worker?.Enter(LoaderPhase.Read);
            return mask;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private void ReadWindow(int clip, int first, int count, ReadOnlySpan<byte> inside, Span<byte> pixels, LoaderWorker? worker)
    {
        var shard = ShardOf(clip);
        var record = _clips[clip];
        int area = record.Height * record.Width;
        byte[] table = ArrayPool<byte>.Shared.Rent(count * ShardFrameRecord.Length);
        byte[] stored = [];
        try
        {
            _handles.Read(shard.Index, shard.Header.FileLength, shard.Header.FramesAt + ((record.FirstFrame + first) * ShardFrameRecord.Length), table.AsSpan(0, count * ShardFrameRecord.Length));
            long start = ShardFrameRecord.Read(table).Start;
            long length = ShardFrameRecord.Read(table.AsSpan((count - 1) * ShardFrameRecord.Length)).End - start;
            if (length < 1 || length > Array.MaxLength || record.Offset + start + length > shard.Header.TarLength)
            {
                throw new DataException(NameOf(clip), $"the index says that frames {first} to {first + count - 1} lie at {record.Offset + start}, {length} bytes long; it is damaged. Rebuild it from the archive with 'echoapex shards repair'.");
            }

            stored = ArrayPool<byte>.Shared.Rent((int)length);
            ReadTar(shard, record.Offset + start, stored.AsSpan(0, (int)length));
            worker?.Enter(LoaderPhase.Decode);
            for (int i = 0; i < count; i++)
            {
                var frame = ShardFrameRecord.Read(table.AsSpan(i * ShardFrameRecord.Length));
                if (frame.Start < start || frame.End > start + length)
                {
                    throw new DataException(NameOf(clip), "the index has a damaged place of this frame. Rebuild it from the archive with 'echoapex shards repair'.", first + i);
                }

                var picture = stored.AsSpan((int)(frame.Start - start), (int)frame.ByteCount);
                var target = pixels.Slice(i * area, area);
                Decode(clip, first + i, picture, frame.Checksum, target);
                if (ShardFrameCodec.NeedsMark(picture))
                {
                    ShardFrameCodec.Mark(target, inside);
                }
            }

            worker?.Enter(LoaderPhase.Read);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(table);
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private void Decode(int clip, int? frame, ReadOnlySpan<byte> stored, uint checksum, Span<byte> pixels)
    {
        try
        {
            if (Crc32C.Of(stored) != checksum)
            {
                throw new FormatException("is damaged: its checksum does not hold");
            }

            var (height, width) = SizeOf(clip);
            if (frame is null)
            {
                ShardFrameCodec.DecodeMask(stored, height, width, pixels);
            }
            else
            {
                ShardFrameCodec.Decode(stored, height, width, pixels);
            }
        }
        catch (FormatException error)
        {
            throw new DataException(NameOf(clip), $"{(frame is null ? "the mask" : "the picture")} {error.Message}.", frame, error);
        }
    }

    private void ReadTar(Shard shard, long offset, Span<byte> destination) => _handles.Read(shard.Tar, shard.Header.TarLength, offset, destination);

    private sealed record Shard(string Tar, string Index, ShardIndexHeader Header);
}
