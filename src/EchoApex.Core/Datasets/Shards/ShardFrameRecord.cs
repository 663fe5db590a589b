using System.Buffers.Binary;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>A frame's entry in the index of a shard, 12 bytes, little endian.</summary>
/// <param name="Start">Where its JPEG or PNG starts, counted from the start of its clip.</param>
/// <param name="ByteCount">Its bytes.</param>
/// <param name="Checksum">Their CRC-32C.</param>
internal readonly record struct ShardFrameRecord(uint Start, uint ByteCount, uint Checksum)
{
    public const int Length = 12;

    public long End => (long)Start + ByteCount;

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Start);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], ByteCount);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Checksum);
    }

    public static ShardFrameRecord Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
}
