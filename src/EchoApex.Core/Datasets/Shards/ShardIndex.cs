using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// The index of one shard, <c>NAME.idx</c> beside <c>NAME.tar</c>: which clips it holds and where each frame lies. Read whole and
/// checked; <see cref="ShardSet"/> reads of it only what it needs. Immutable.
/// </summary>
public sealed class ShardIndex
{
    private readonly ShardIndexHeader _header;
    private readonly ShardFrameRecord[] _frames;

    private ShardIndex(ShardIndexHeader header, ShardClipRecord[] clips, ShardFrameRecord[] frames, string[] keys, string?[] patients)
    {
        (_header, Records, _frames, Keys, Patients) = (header, clips, frames, keys, patients);
    }

    /// <summary>The clips' names, in the order of the shard.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>The clips' patients; null where unknown.</summary>
    public IReadOnlyList<string?> Patients { get; }

    /// <summary>Frames of all clips.</summary>
    public int FrameCount => _frames.Length;

    /// <summary>How the frames are stored.</summary>
    public ShardCodec Codec => _header.Codec;

    /// <summary>JPEG quality; 0 for PNG.</summary>
    public int Quality => _header.Quality;

    /// <summary>Bytes of the archive.</summary>
    public long TarLength => _header.TarLength;

    /// <summary>SHA-256 of the archive, lower-case hexadecimal.</summary>
    public string TarSha256 => Convert.ToHexStringLower(_header.TarSha256);

    internal IReadOnlyList<ShardClipRecord> Records { get; }

    internal ReadOnlySpan<ShardFrameRecord> FramesOf(int clip) => _frames.AsSpan((int)Records[clip].FirstFrame, Records[clip].FrameCount);

    /// <summary>Reads an index and verifies all of its checksums.</summary>
    /// <exception cref="DataException">The file cannot be read, is no index, or is damaged.</exception>
    public static ShardIndex Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = ShardFile.Open(path);
        return Read(file);
    }

    /// <exception cref="DataException">The bytes cannot be read, are no index, or are damaged.</exception>
    internal static ShardIndex Read(ByteSource file)
    {
        try
        {
            byte[] start = new byte[Math.Min(ShardIndexHeader.Length, file.Length)];
            file.Read(0, start);
            var header = ShardIndexHeader.Read(start, file.Length);
            var clips = ReadClips(file, header);
            byte[] frames = new byte[(long)header.FrameCount * ShardFrameRecord.Length];
            file.Read(header.FramesAt, frames);
            Require(Crc32C.Of(frames) == header.FramesChecksum, "has a damaged table of frames: its checksum does not hold");
            var records = new ShardFrameRecord[header.FrameCount];
            for (int i = 0; i < records.Length; i++)
            {
                records[i] = ShardFrameRecord.Read(frames.AsSpan(i * ShardFrameRecord.Length));
            }

            CheckFrames(header, clips, records);
            var (keys, patients) = ReadNames(file, header, clips);
            return new ShardIndex(header, clips, records, keys, patients);
        }
        catch (FormatException error)
        {
            throw new DataException(file.Name, $"{error.Message}. Rebuild it from the archive with 'echoapex shards repair'.", innerException: error);
        }
    }

    /// <summary>The table of clips alone, with its checksum and its places checked.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    internal static ShardClipRecord[] ReadClips(ByteSource file, ShardIndexHeader header)
    {
        byte[] bytes = new byte[(long)header.ClipCount * ShardClipRecord.Length];
        file.Read(ShardIndexHeader.Length, bytes);
        Require(Crc32C.Of(bytes) == header.ClipsChecksum, "has a damaged table of clips: its checksum does not hold");
        var clips = new ShardClipRecord[header.ClipCount];
        long frames = 0;
        long end = 0;
        for (int i = 0; i < clips.Length; i++)
        {
            var clip = ShardClipRecord.Read(bytes.AsSpan(i * ShardClipRecord.Length));
            bool possible = clip.FirstFrame == frames && clip.FrameCount is >= 1 and <= ShardLayout.MostFrames && clip.Offset >= end && clip.Offset % TarMember.Block == 0
                && clip.Height is >= 1 and <= ShardLayout.LongestSide && clip.Width is >= 1 and <= ShardLayout.LongestSide
                && clip.JsonLength is >= 1 and <= ShardLayout.LongestJson && clip.MaskLength is >= 0 and <= ShardLayout.LongestFrame
                && clip.MaskStart + clip.MaskLength <= header.TarLength && clip.Names < header.NamesLength;
            if (!possible)
            {
                throw new FormatException($"has an impossible record of clip {i}");
            }

            frames += clip.FrameCount;
            end = clip.MaskStart;
            clips[i] = clip;
        }

        Require(frames == header.FrameCount, $"has {header.FrameCount} frames, but its clips add up to {frames}");
        return clips;
    }

    /// <summary>The key and the patient at a place of the names.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    internal static (string Key, string? Patient) ReadName(ReadOnlySpan<byte> names)
    {
        string key = ReadText(ref names);
        string patient = ReadText(ref names);
        Require(ShardClip.IsKey(key), "has a damaged name");
        return (key, patient.Length == 0 ? null : patient);
    }

    /// <summary>The bytes of an index.</summary>
    internal static byte[] Write(long tarLength, byte[] tarSha256, ShardCodec codec, int quality, IReadOnlyList<(ShardClipRecord Record, ShardFrameRecord[] Frames, string Key, string? Patient)> clips)
    {
        int frameCount = clips.Sum(clip => clip.Frames.Length);
        byte[] clipBytes = new byte[clips.Count * ShardClipRecord.Length];
        byte[] frameBytes = new byte[(long)frameCount * ShardFrameRecord.Length];
        using var names = new MemoryStream();
        int frame = 0;
        for (int i = 0; i < clips.Count; i++)
        {
            (clips[i].Record with { FirstFrame = (uint)frame, Names = (uint)names.Length }).Write(clipBytes.AsSpan(i * ShardClipRecord.Length));
            foreach (var record in clips[i].Frames)
            {
                record.Write(frameBytes.AsSpan(frame++ * ShardFrameRecord.Length));
            }

            WriteText(names, clips[i].Key);
            WriteText(names, clips[i].Patient ?? "");
        }

        byte[] nameBytes = names.ToArray();
        var header = new ShardIndexHeader
        {
            TarLength = tarLength,
            TarSha256 = tarSha256,
            Codec = codec,
            Quality = codec == ShardCodec.Jpeg ? quality : 0,
            ClipCount = clips.Count,
            FrameCount = frameCount,
            NamesLength = nameBytes.Length,
            ClipsChecksum = Crc32C.Of(clipBytes),
            FramesChecksum = Crc32C.Of(frameBytes),
            NamesChecksum = Crc32C.Of(nameBytes),
        };
        byte[] start = new byte[ShardIndexHeader.Length];
        header.Write(start);
        return [.. start, .. clipBytes, .. frameBytes, .. nameBytes];
    }

    private static void CheckFrames(ShardIndexHeader header, ShardClipRecord[] clips, ShardFrameRecord[] frames)
    {
        for (int i = 0; i < clips.Length; i++)
        {
            var clip = clips[i];
            long end = clip.MaskStart - TarMember.Block - clip.Offset;
            for (int j = 0; j < clip.FrameCount; j++)
            {
                var frame = frames[clip.FirstFrame + j];
                if (frame.Start < end || frame.ByteCount is < 1 or > ShardLayout.LongestFrame || clip.Offset + frame.End > header.TarLength)
                {
                    throw new FormatException($"has an impossible record of frame {j} of clip {i}");
                }

                end = frame.End;
            }
        }
    }

    private static (string[] Keys, string?[] Patients) ReadNames(ByteSource file, ShardIndexHeader header, ShardClipRecord[] clips)
    {
        byte[] names = new byte[header.NamesLength];
        file.Read(header.NamesAt, names);
        Require(Crc32C.Of(names) == header.NamesChecksum, "has damaged names: their checksum does not hold");
        string[] keys = new string[clips.Length];
        string?[] patients = new string?[clips.Length];
        long end = 0;
        for (int i = 0; i < clips.Length; i++)
        {
            // In order and without overlap, so that all names together are no longer than the file.
            if (clips[i].Names < end)
            {
                throw new FormatException($"has an impossible place of the name of clip {i}");
            }

            (keys[i], patients[i]) = ReadName(names.AsSpan((int)clips[i].Names));
            end = clips[i].Names + 4L + keys[i].Length + Encoding.UTF8.GetByteCount(patients[i] ?? "");
        }

        return (keys, patients);
    }

    private static string ReadText(ref ReadOnlySpan<byte> names)
    {
        Require(names.Length >= 2, "has names that are cut short");
        int length = BinaryPrimitives.ReadUInt16LittleEndian(names);
        Require(names.Length >= 2 + length, "has names that are cut short");
        string text = Encoding.UTF8.GetString(names.Slice(2, length));
        names = names[(2 + length)..];
        return text;
    }

    private static void WriteText(MemoryStream names, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)bytes.Length);
        names.Write(length);
        names.Write(bytes);
    }

    private static void Require(bool condition, string fault)
    {
        if (!condition)
        {
            throw new FormatException(fault);
        }
    }
}
