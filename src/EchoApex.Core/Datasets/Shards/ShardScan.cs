using System.Globalization;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// Walks through an archive without its index and finds the clips that are whole: every member in its place, every checksum of the
/// clip's .json right. After damage it goes on at the next clip.
/// </summary>
internal sealed class ShardScan
{
    private readonly ByteSource _tar;
    private byte[] _buffer = new byte[TarMember.Block];

    private ShardScan(ByteSource tar) => _tar = tar;

    /// <summary>A clip that is whole.</summary>
    public sealed record Clip(ShardClipInfo Info, ShardClipRecord Record, ShardFrameRecord[] Frames, long End);

    /// <summary>Something that is not as it should be.</summary>
    /// <param name="Offset">Where in the archive.</param>
    /// <param name="Key">The clip, when it is known.</param>
    /// <param name="Message">What is wrong.</param>
    public sealed record Fault(long Offset, string? Key, string Message)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Key is null ? "" : $"clip '{Key}': ")}{Message} (offset {Offset})");
    }

    /// <summary>The whole clips, in the archive's order.</summary>
    public List<Clip> Clips { get; } = [];

    /// <summary>What was found wrong.</summary>
    public List<Fault> Faults { get; } = [];

    /// <summary>Walks through an archive.</summary>
    /// <exception cref="Runtime.DataException">The file cannot be read.</exception>
    public static ShardScan Run(ByteSource tar, CancellationToken cancellationToken = default)
    {
        var scan = new ShardScan(tar);
        long position = 0;
        while (scan.Step(ref position))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return scan;
    }

    private bool Step(ref long position)
    {
        if (!TryReadHeader(position, out var member, out bool isZero))
        {
            if (isZero)
            {
                return EndsAt(position);
            }

            bool within = position + TarMember.Block <= _tar.Length;
            Faults.Add(new Fault(position, null, within ? "is no header of a member" : "the archive ends without its two blocks of zeros; it is cut short"));
            return within && FindClip(ref position, position + TarMember.Block);
        }

        const string Json = "." + ShardLayout.JsonSuffix;
        if (!member.Name.EndsWith(Json, StringComparison.Ordinal))
        {
            Faults.Add(new Fault(position, null, $"the member '{member.Name}' belongs to no clip"));
            return FindClip(ref position, position + TarMember.Block);
        }

        string key = member.Name[..^Json.Length];
        int faults = Faults.Count;
        long start = position;
        if (ReadClip(key, member, ref position) is { } clip)
        {
            if (Faults.Count == faults)
            {
                Clips.Add(clip);
            }

            return true;
        }

        return FindClip(ref position, Math.Max(position, start + TarMember.Block));
    }

    // Null when the members are not what the .json tells of; then the position is that of the member that is not.
    private Clip? ReadClip(string key, TarMember json, ref long position)
    {
        long start = position;
        if (!TryReadContent(key, json, ShardLayout.LongestJson, ref position, out var content))
        {
            return null;
        }

        ShardClipInfo info;
        try
        {
            info = ShardClipJsonReader.Read(content);
        }
        catch (FormatException error)
        {
            Faults.Add(new Fault(start, key, $"its .json {error.Message}"));
            return null;
        }

        if (info.Key != key)
        {
            Faults.Add(new Fault(start, key, $"its .json is of the clip '{info.Key}'"));
            return null;
        }

        uint jsonChecksum = Crc32C.Of(content);
        int maskLength = 0;
        if (info.MaskChecksum is { } maskChecksum)
        {
            if (!TryReadMember(key, ShardLayout.MaskSuffix, "its mask", maskChecksum, ref position, out maskLength, out _))
            {
                return null;
            }
        }

        var frames = new List<ShardFrameRecord>();
        for (int i = 0; i < info.FrameCount; i++)
        {
            if (!TryReadMember(key, ShardLayout.FrameSuffix(i, info.Codec), $"its frame {i}", info.FrameChecksums[i], ref position, out int length, out long at))
            {
                return null;
            }

            frames.Add(new ShardFrameRecord(unchecked((uint)(at - start)), (uint)length, info.FrameChecksums[i]));
        }

        if (position - start > int.MaxValue)
        {
            Faults.Add(new Fault(start, key, $"it takes {position - start} bytes; a clip of a shard has at most {int.MaxValue}"));
        }

        var record = ShardClipRecord.Of(info, json.Size, jsonChecksum, maskLength) with { Offset = start };
        return new Clip(info, record, [.. frames], position);
    }

    // False when there is no such member; a wrong checksum is a fault, but the walk can go on.
    private bool TryReadMember(string key, string suffix, string what, uint checksum, ref long position, out int length, out long start)
    {
        (length, start) = (0, position + TarMember.Block);
        string name = $"{key}.{suffix}";
        if (!TryReadHeader(position, out var member, out _) || member.Name != name)
        {
            Faults.Add(new Fault(position, key, $"{what} is not in its place"));
            return false;
        }

        long at = position;
        if (!TryReadContent(key, member, ShardLayout.LongestFrame, ref position, out var content))
        {
            return false;
        }

        length = content.Length;
        if (Crc32C.Of(content) != checksum)
        {
            Faults.Add(new Fault(at, key, $"{what} is damaged: its checksum does not hold"));
        }

        return true;
    }

    private bool TryReadHeader(long position, out TarMember member, out bool isZero)
    {
        (member, isZero) = (default, false);
        if (position + TarMember.Block > _tar.Length)
        {
            return false;
        }

        Span<byte> block = stackalloc byte[TarMember.Block];
        _tar.Read(position, block);
        isZero = TarMember.IsZero(block);
        if (TarMember.TryRead(block) is not { } found)
        {
            return false;
        }

        member = found;
        return true;
    }

    private bool TryReadContent(string key, TarMember member, int longest, ref long position, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (member.Size < 1 || member.Size > longest || position + member.Span > _tar.Length)
        {
            Faults.Add(new Fault(position, key, $"the member '{member.Name}' of {member.Size} bytes does not lie within the archive of {_tar.Length}, or is longer than a shard's may be"));
            return false;
        }

        if (_buffer.Length < member.Size)
        {
            _buffer = new byte[Math.Max(member.Size, Math.Min(2L * _buffer.Length, _tar.Length))];
        }

        var target = _buffer.AsSpan(0, (int)member.Size);
        _tar.Read(position + TarMember.Block, target);
        position += member.Span;
        content = target;
        return true;
    }

    // An archive ends with two blocks of zeros; other programs fill up with more of them.
    private bool EndsAt(long position)
    {
        if (position + TarMember.EndLength > _tar.Length)
        {
            Faults.Add(new Fault(position, null, "the archive ends within its two blocks of zeros; it is cut short"));
            return false;
        }

        for (long next = position + TarMember.Block; next < _tar.Length; next += TarMember.Block)
        {
            if (next + TarMember.Block > _tar.Length || TryReadHeader(next, out _, out bool isZero) || !isZero)
            {
                Faults.Add(new Fault(next, null, "the archive goes on after its end"));
                return false;
            }
        }

        return false;
    }

    private bool FindClip(ref long position, long from)
    {
        for (position = from; position + TarMember.Block <= _tar.Length; position += TarMember.Block)
        {
            if (TryReadHeader(position, out var member, out _) && member.Name.EndsWith("." + ShardLayout.JsonSuffix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
