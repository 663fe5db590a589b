using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Shards;

/// <summary>Damaged archives and indexes. ECHOAPEX_FUZZ sets the number of inputs a test.</summary>
public sealed class ShardFuzzTests
{
    private static int Inputs => int.TryParse(Environment.GetEnvironmentVariable("ECHOAPEX_FUZZ"), out int inputs) ? inputs : 1500;

    [Test]
    public void Archive_Damaged_IsReadWithoutCrashOrWaste()
    {
        byte[] tar = Make().Tar;
        Assert.That(ShardFuzzTarget.Archive(tar), Is.True);
        int taken = Enumerable.Range(0, Inputs).Count(i => ShardFuzzTarget.Archive(Mutate(tar, i, FixHeaders)));
        Assert.That(taken, Is.LessThan(Inputs / 2), "most damage is seen");
    }

    [Test]
    public void Index_Damaged_IsReadWithoutCrashOrWaste()
    {
        byte[] index = Make().Index;
        Assert.That(ShardFuzzTarget.Index(index), Is.True);
        int taken = Enumerable.Range(0, Inputs).Count(i => ShardFuzzTarget.Index(Mutate(index, i, FixChecksums)));
        Assert.That(taken, Is.LessThan(Inputs / 2), "most damage is seen");
    }

    [Test]
    public void Set_IndexDamagedWithChecksumsThatHold_GivesFramesOrDataExceptions()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, Clips());
        string path = folder.File("shard-000000.idx");
        byte[] index = File.ReadAllBytes(path);
        int opened = 0, refused = 0;
        for (int i = 0; i < Math.Min(Inputs, 400); i++)
        {
            byte[] changed = [.. index];
            var random = RandomStream.For(6, "fuzz-set", i);
            for (int n = random.NextInt32(3); n >= 0; n--)
            {
                changed[128 + random.NextInt32(index.Length - 128)] ^= (byte)(1 << random.NextInt32(8));
            }

            FixChecksums(changed);
            File.WriteAllBytes(path, changed);
            try
            {
                using var set = ShardSet.Open(folder.Path);
                opened++;
                for (int clip = 0; clip < set.Count; clip++)
                {
                    set.ReadFrames(clip, 0, set.FrameCountOf(clip));
                }
            }
            catch (DataException)
            {
                refused++;
            }
        }

        Assert.That((opened > 0, refused > 0), Is.EqualTo((true, true)));
    }

    [Test]
    public void Archive_HugeListsInADescription_AreNotHeld()
    {
        string zeros = string.Concat(Enumerable.Repeat("0,", 1_500_000));
        foreach (string name in new[] { "frame_crc32c", "frame_times_ms", "x" })
        {
            byte[] json = Encoding.UTF8.GetBytes($"{{\"format\":\"echoapex-clip\",\"version\":1,\"{name}\":[{zeros}0]}}");
            byte[] tar = new byte[512 + ((json.Length + 511) / 512 * 512) + 1024];
            new TarMember("a.json", json.Length).Write(tar);
            json.CopyTo(tar, 512);
            Assert.That(ShardFuzzTarget.Archive(tar), Is.False);
        }
    }

    private static ShardClip[] Clips() => [ShardClips.Make(1, 3, patient: "p"), ShardClips.Make(2, 2, fan: false)];

    private static (byte[] Tar, byte[] Index) Make()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, Clips());
        return (File.ReadAllBytes(folder.File("shard-000000.tar")), File.ReadAllBytes(folder.File("shard-000000.idx")));
    }

    // Bits, runs, cuts, repetitions and numbers at the edges; half of the time with checksums that hold, to reach what they guard.
    private static byte[] Mutate(byte[] original, int number, Action<byte[]> fix)
    {
        var random = RandomStream.For(5, "fuzz", number);
        byte[] bytes = [.. original];
        for (int n = random.NextInt32(4); n >= 0; n--)
        {
            int at = random.NextInt32(bytes.Length);
            switch (random.NextInt32(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.NextInt32(8));
                    break;
                case 1:
                    bytes.AsSpan(at, Math.Min(1 + random.NextInt32(600), bytes.Length - at)).Fill((byte)random.NextInt32(256));
                    break;
                case 2:
                    bytes = bytes[..Math.Max(1, at)];
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. bytes[(at / 2)..]];
                    break;
                case 4 when bytes.Length >= 8:
                    long[] edges = [0, -1, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, bytes.Length, 1];
                    BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(Math.Min(at, bytes.Length - 8) / 4 * 4), edges[random.NextInt32(edges.Length)]);
                    break;
                default:
                    bytes[at] = (byte)('0' + random.NextInt32(10));
                    break;
            }
        }

        if (random.NextBoolean(0.5))
        {
            fix(bytes);
        }

        return bytes;
    }

    private static void FixHeaders(byte[] tar)
    {
        for (int at = 0; at + 512 <= tar.Length; at += 512)
        {
            var header = tar.AsSpan(at, 512);
            if (header.Slice(257, 5).SequenceEqual("ustar"u8))
            {
                header.Slice(148, 8).Fill((byte)' ');
                int sum = 0;
                foreach (byte value in header)
                {
                    sum += value;
                }

                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
            }
        }
    }

    private static void FixChecksums(byte[] index)
    {
        if (index.Length < 128)
        {
            return;
        }

        long clips = 128, frames = clips + (48L * BinaryPrimitives.ReadInt32LittleEndian(index.AsSpan(56)));
        long names = frames + (12L * BinaryPrimitives.ReadInt32LittleEndian(index.AsSpan(60)));
        if (frames >= clips && names >= frames && names <= index.Length)
        {
            BinaryPrimitives.WriteInt32LittleEndian(index.AsSpan(64), (int)(index.Length - names));
            BinaryPrimitives.WriteUInt32LittleEndian(index.AsSpan(72), Crc32C.Of(index.AsSpan((int)clips, (int)(frames - clips))));
            BinaryPrimitives.WriteUInt32LittleEndian(index.AsSpan(76), Crc32C.Of(index.AsSpan((int)frames, (int)(names - frames))));
            BinaryPrimitives.WriteUInt32LittleEndian(index.AsSpan(80), Crc32C.Of(index.AsSpan((int)names)));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(index.AsSpan(124), Crc32C.Of(index.AsSpan(0, 124)));
    }
}
