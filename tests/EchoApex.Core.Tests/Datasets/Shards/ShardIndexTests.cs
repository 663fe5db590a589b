using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Shards;

public sealed class ShardIndexTests
{
    [Test]
    public void Layout_OfEveryField_IsThatOfTheDocumentation()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1, 3, patient: "Zoë"), ShardClips.Make(2, 2)]);
        byte[] tar = File.ReadAllBytes(folder.File("shard-000000.tar"));
        byte[] index = File.ReadAllBytes(folder.File("shard-000000.idx"));
        uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(index.AsSpan(at));
        const int Clips = 128, Frames = Clips + (2 * 48), Names = Frames + (5 * 12);
        Assert.Multiple(() =>
        {
            Assert.That(Encoding.ASCII.GetString(index, 0, 8), Is.EqualTo("ECHOIDX\0"));
            Assert.That((U32(8), U32(12), BinaryPrimitives.ReadInt64LittleEndian(index.AsSpan(16))), Is.EqualTo((1u, 128u, (long)tar.Length)));
            Assert.That(index[24..56], Is.EqualTo(SHA256.HashData(tar)));
            Assert.That((U32(56), U32(60), U32(64), U32(68)), Is.EqualTo((2u, 5u, (uint)(index.Length - Names), 95u << 16)));
            Assert.That((U32(72), U32(76), U32(80), U32(124)), Is.EqualTo((Crc(index[Clips..Frames]), Crc(index[Frames..Names]), Crc(index[Names..]), Crc(index[..124]))));
            Assert.That(index[84..124], Is.All.Zero);
            Assert.That(index[(Clips + 8)..(Clips + 16)], Is.EqualTo(SHA256.HashData(Encoding.UTF8.GetBytes("patient:Zoë"))[..8]));
            Assert.That(index[(Clips + 56)..(Clips + 64)], Is.EqualTo(SHA256.HashData("clip:clip-0002"u8)[..8]));
            Assert.That((U32(Clips), U32(Clips + 16), U32(Clips + 20), U32(Clips + 24)), Is.EqualTo((0u, 0u, 3u, 40u | (48u << 16))));
            Assert.That((U32(Clips + 64), U32(Clips + 68)), Is.EqualTo((3u, 2u)));
        });

        int second = (int)U32(Clips + 48);
        int json = (int)U32(Clips + 48 + 28), mask = (int)U32(Clips + 48 + 32);
        int maskAt = second + 512 + ((json + 511) / 512 * 512) + 512;
        Assert.That(Encoding.ASCII.GetString(tar, second, 14), Is.EqualTo("clip-0002.json"));
        Assert.That(Crc(tar[(second + 512)..(second + 512 + json)]), Is.EqualTo(U32(Clips + 48 + 36)));
        Assert.That(Crc(tar[maskAt..(maskAt + mask)]), Is.EqualTo(U32(Clips + 48 + 40)));
        int last = second + (int)U32(Frames + 48);
        Assert.That(tar[last..(last + 3)], Is.EqualTo(new byte[] { 0xFF, 0xD8, 0xFF }));
        Assert.That(Crc(tar[last..(last + (int)U32(Frames + 52))]), Is.EqualTo(U32(Frames + 56)));
        byte[] names = [9, 0, .. "clip-0001"u8, 4, 0, .. "Zoë"u8, 9, 0, .. "clip-0002"u8, 0, 0];
        Assert.That(index[Names..], Is.EqualTo(names));
        Assert.That(U32(Clips + 48 + 44), Is.EqualTo(17u));
    }

    [Test]
    public void Crc32C_OfTheStandardsCheckString_IsItsCheckValue() => Assert.That(Crc("123456789"u8.ToArray()), Is.EqualTo(0xE3069283));

    [Test]
    public void Read_AnyByteChanged_IsRefused()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1, 2, patient: "p")]);
        string path = folder.File("shard-000000.idx");
        byte[] index = File.ReadAllBytes(path);
        for (int i = 0; i < index.Length; i++)
        {
            byte[] changed = [.. index];
            changed[i] ^= 0x10;
            File.WriteAllBytes(path, changed);
            Assert.That(() => ShardIndex.Read(path), Throws.TypeOf<DataException>(), $"byte {i}");
        }
    }

    [Test]
    public void Read_CutAnywhere_IsRefused()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1, 2)]);
        string path = folder.File("shard-000000.idx");
        byte[] index = File.ReadAllBytes(path);
        for (int length = 0; length < index.Length; length += 7)
        {
            File.WriteAllBytes(path, index[..length]);
            Assert.That(() => ShardIndex.Read(path), Throws.TypeOf<DataException>(), $"length {length}");
        }
    }

    // The definition, bit by bit.
    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78u);
            }
        }

        return ~crc;
    }
}
