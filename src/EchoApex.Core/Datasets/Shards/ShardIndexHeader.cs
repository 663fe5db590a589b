using System.Buffers.Binary;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>
/// The first 128 bytes of an index, little endian. Behind it lie the table of clips, the table of frames and the names, in this
/// order and without gaps; the file ends with them.
/// </summary>
internal sealed record ShardIndexHeader
{
    public const int Length = 128;
    private const int ChecksumAt = 124;

    public static ReadOnlySpan<byte> Magic => "ECHOIDX\0"u8;

    public required long TarLength { get; init; }

    /// <summary>SHA-256 of the archive, 32 bytes.</summary>
    public required byte[] TarSha256 { get; init; }

    public required ShardCodec Codec { get; init; }

    public required int Quality { get; init; }

    public required int ClipCount { get; init; }

    public required int FrameCount { get; init; }

    public required int NamesLength { get; init; }

    public required uint ClipsChecksum { get; init; }

    public required uint FramesChecksum { get; init; }

    public required uint NamesChecksum { get; init; }

    public long FramesAt => Length + ((long)ClipCount * ShardClipRecord.Length);

    public long NamesAt => FramesAt + ((long)FrameCount * ShardFrameRecord.Length);

    public long FileLength => NamesAt + NamesLength;

    public void Write(Span<byte> bytes)
    {
        bytes = bytes[..Length];
        bytes.Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], ShardLayout.Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], TarLength);
        TarSha256.CopyTo(bytes[24..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[56..], ClipCount);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[60..], FrameCount);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[64..], NamesLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[68..], (ushort)Codec);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[70..], (ushort)Quality);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[72..], ClipsChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[76..], FramesChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[80..], NamesChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], Crc32C.Of(bytes[..ChecksumAt]));
    }

    /// <param name="bytes">The header.</param>
    /// <param name="fileLength">Length of the file that it comes from.</param>
    /// <exception cref="FormatException">It is none, is damaged, or does not fit the file's length.</exception>
    public static ShardIndexHeader Read(ReadOnlySpan<byte> bytes, long fileLength)
    {
        if (bytes.Length < Length || !bytes.StartsWith(Magic))
        {
            throw new FormatException("is no index of a shard: it does not start with ECHOIDX");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (version != ShardLayout.Version)
        {
            throw new FormatException($"is an index of version {version}; this EchoApex reads version {ShardLayout.Version}");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != Crc32C.Of(bytes[..ChecksumAt]))
        {
            throw new FormatException("has a damaged header: its checksum does not hold");
        }

        var header = new ShardIndexHeader
        {
            TarLength = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            TarSha256 = bytes.Slice(24, 32).ToArray(),
            ClipCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[56..]),
            FrameCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[60..]),
            NamesLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[64..]),
            Codec = (ShardCodec)BinaryPrimitives.ReadUInt16LittleEndian(bytes[68..]),
            Quality = BinaryPrimitives.ReadUInt16LittleEndian(bytes[70..]),
            ClipsChecksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[72..]),
            FramesChecksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[76..]),
            NamesChecksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[80..]),
        };
        return header is { ClipCount: >= 0, FrameCount: >= 0, NamesLength: >= 0, TarLength: >= 0 } && header.FileLength == fileLength && Enum.IsDefined(header.Codec)
            ? header
            : throw new FormatException($"has {fileLength} bytes, but its header tells of {header.ClipCount} clips, {header.FrameCount} frames and {header.NamesLength} bytes of names");
    }
}
