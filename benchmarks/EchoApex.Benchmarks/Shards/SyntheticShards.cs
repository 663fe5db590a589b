using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EchoApex.Benchmarks.Shards;

/// <summary>
/// The indexes of a set of 20 million frames without a pixel, written after docs/shards.md alone: archives are holes of the right
/// length. Clips have 1 to 88 frames; patients have 9 clips.
/// </summary>
internal static class SyntheticShards
{
    private const int Shards = 1060, ClipsAShard = 425, LongestClip = 88;
    private const int JsonLength = 900, MaskLength = 600, FrameLength = 13_600, Side = 224;

    /// <returns>Clips and frames.</returns>
    public static (int Clips, long Frames) Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var entries = new List<object>();
        var lines = new StringBuilder();
        long frames = 0;
        for (int shard = 0; shard < Shards; shard++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"shard-{shard:D6}.tar");
            var (index, count, tarLength) = Index(shard);
            File.WriteAllBytes(Path.Combine(folder, Path.ChangeExtension(name, ".idx")), index);
            using (var tar = File.Create(Path.Combine(folder, name)))
            {
                tar.SetLength(tarLength);
            }

            string sha256 = Convert.ToHexStringLower(Hash(shard));
            entries.Add(new { name, clips = ClipsAShard, frames = count, bytes = tarLength, sha256 });
            lines.Append(CultureInfo.InvariantCulture, $"{name}:{sha256}\n");
            frames += count;
        }

        string fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())))[..16];
        File.WriteAllText(Path.Combine(folder, "shards.json"), JsonSerializer.Serialize(new { format = "echoapex-shards", version = 1, clips = Shards * ClipsAShard, frames, fingerprint, shards = entries }));
        return (Shards * ClipsAShard, frames);
    }

    private static (byte[] Index, int Frames, long TarLength) Index(int shard)
    {
        int[] sizes = [.. Enumerable.Range(shard * ClipsAShard, ClipsAShard).Select(clip => 1 + (int)(clip * 37L % LongestClip))];
        byte[] clips = new byte[ClipsAShard * 48];
        byte[] frames = new byte[sizes.Sum() * 12];
        using var names = new MemoryStream();
        long tar = 0;
        int frame = 0;
        for (int i = 0; i < ClipsAShard; i++)
        {
            int number = (shard * ClipsAShard) + i;
            string patient = string.Create(CultureInfo.InvariantCulture, $"P{number / 9:D6}");
            var clip = clips.AsSpan(i * 48, 48);
            BinaryPrimitives.WriteInt64LittleEndian(clip, tar);
            SHA256.HashData(Encoding.UTF8.GetBytes("patient:" + patient)).AsSpan(0, 8).CopyTo(clip[8..]);
            BinaryPrimitives.WriteInt32LittleEndian(clip[16..], frame);
            BinaryPrimitives.WriteInt32LittleEndian(clip[20..], sizes[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(clip[24..], Side);
            BinaryPrimitives.WriteUInt16LittleEndian(clip[26..], Side);
            BinaryPrimitives.WriteInt32LittleEndian(clip[28..], JsonLength);
            BinaryPrimitives.WriteInt32LittleEndian(clip[32..], MaskLength);
            BinaryPrimitives.WriteInt32LittleEndian(clip[44..], (int)names.Length);
            int at = 512 + Padded(JsonLength) + 512 + Padded(MaskLength);
            for (int j = 0; j < sizes[i]; j++, frame++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(frames.AsSpan(frame * 12), at + 512);
                BinaryPrimitives.WriteInt32LittleEndian(frames.AsSpan((frame * 12) + 4), FrameLength);
                at += 512 + Padded(FrameLength);
            }

            tar += at;
            WriteText(names, string.Create(CultureInfo.InvariantCulture, $"clip-{number:D7}"));
            WriteText(names, patient);
        }

        byte[] header = new byte[128];
        "ECHOIDX\0"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), 1);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), 128);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), tar + 1024);
        Hash(shard).CopyTo(header, 24);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(56), ClipsAShard);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(60), frame);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(64), (int)names.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(70), 95);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), Crc(clips));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), Crc(frames));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(80), Crc(names.ToArray()));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(124), Crc(header.AsSpan(0, 124)));
        return ([.. header, .. clips, .. frames, .. names.ToArray()], frame, tar + 1024);
    }

    private static byte[] Hash(int shard) => SHA256.HashData(BitConverter.GetBytes(shard));

    private static int Padded(int length) => (length + 511) / 512 * 512;

    private static void WriteText(MemoryStream names, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        names.Write([(byte)bytes.Length, (byte)(bytes.Length >> 8)]);
        names.Write(bytes);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
