using System.Buffers.Binary;
using System.Numerics;

namespace EchoApex.Core.Datasets.Shards;

/// <summary>CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, start and final xor all ones), as in iSCSI (RFC 3720) and ext4; one processor instruction for eight bytes.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
