using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>A clip's entry in the index of a shard, 48 bytes, little endian.</summary>
/// <param name="Offset">Where the clip starts in the archive: the header of its .json.</param>
/// <param name="Patient">The first 8 bytes of SHA-256 of "patient:NAME", or of "clip:KEY" for a clip without a patient.</param>
/// <param name="FirstFrame">The place of its first frame in the index's table of frames.</param>
/// <param name="FrameCount">Frames.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="JsonLength">Bytes of the .json.</param>
/// <param name="MaskLength">Bytes of the mask's PNG; 0 for none.</param>
/// <param name="JsonChecksum">CRC-32C of the .json.</param>
/// <param name="MaskChecksum">CRC-32C of the mask; 0 for none.</param>
/// <param name="Names">Where the key and the patient start in the index's names.</param>
internal readonly record struct ShardClipRecord(
    long Offset, ulong Patient, uint FirstFrame, int FrameCount, int Height, int Width, int JsonLength, int MaskLength, uint JsonChecksum, uint MaskChecksum, uint Names)
{
    public const int Length = 48;

    public long JsonStart => Offset + TarMember.Block;

    public long MaskStart => Offset + new TarMember("", JsonLength).Span + TarMember.Block;

    /// <summary>The record of a clip, with its places at 0.</summary>
    public static ShardClipRecord Of(ShardClipInfo info, long jsonLength, uint jsonChecksum, int maskLength) => new(
        0, HashOf(info), 0, info.FrameCount, info.Height, info.Width, (int)jsonLength, maskLength, jsonChecksum, info.MaskChecksum ?? 0, 0);

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Patient);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], FirstFrame);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], FrameCount);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[24..], (ushort)Height);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[26..], (ushort)Width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], JsonLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[32..], MaskLength);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[36..], JsonChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], MaskChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[44..], Names);
    }

    public static ShardClipRecord Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[24..]),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[26..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]));

    private static ulong HashOf(ShardClipInfo info) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(info.Patient is { } patient ? $"patient:{patient}" : $"clip:{info.Key}")));
}
