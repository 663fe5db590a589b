using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Shards;

public sealed class ShardSetTests
{
    private static readonly ShardWriteOptions Lossless = new() { Codec = ShardCodec.Png, ShardMegabytes = 1 };

    [Test]
    public void ReadFrames_AnyWindow_HasTheFramesOfTheClip()
    {
        using var folder = new TemporaryFolder();
        var clip = ShardClips.Make(3, 6);
        ShardClips.Write(folder.Path, [ShardClips.Make(1), clip, ShardClips.Make(2)], Lossless);
        using var set = ShardSet.Open(folder.Path);
        byte[] all = ShardClips.Pixels(clip.Frames);
        int area = ShardClips.Height * ShardClips.Width;
        for (int first = 0; first < 6; first++)
        {
            for (int count = 1; count <= 6 - first; count++)
            {
                Assert.That(ShardClips.Pixels(set.ReadFrames(1, first, count)), Is.EqualTo(all[(first * area)..((first + count) * area)]));
            }
        }

        byte[] picked = ShardClips.Pixels(set.ReadFrames(1, [4, 0]));
        Assert.That(picked, Is.EqualTo(all[(4 * area)..(5 * area)].Concat(all[..area])));
    }

    [Test]
    public void ReadFrames_OfSeveralThreadsAndMoreShardsThanOpenFiles_IsTheSame()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 6; i++)
        {
            ShardClips.Write(folder.Path, [ShardClips.Make(i, 3)], Lossless with { Prefix = $"part{i}" });
        }

        using var set = ShardSet.Open(folder.Path, openFiles: 2);
        Parallel.For(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            Assert.That(ShardClips.Pixels(set.ReadFrames(i % 6, 0, 3)), Is.EqualTo(ShardClips.Pixels(ShardClips.Frames(i % 6, 3)))));
    }

    [Test]
    public void Dispose_AfterReading_LeavesNoFileOpen()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)]);
        var set = ShardSet.Open(folder.Path);
        set.ReadFrames(0, 0, 1);
        set.Dispose();

        // An exclusive lock is refused while anyone in this process holds the file.
        Assert.That(() => new FileStream(folder.File("shard-000000.tar"), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose(), Throws.Nothing);
        Assert.That(() => set.ReadFrames(0, 0, 1), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void ReadFrames_DamagedFrame_NamesClipAndFrameAndSparesTheOthers()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1), ShardClips.Make(2)]);
        ShardFiles.DamageMember(folder.File("shard-000000.tar"), "clip-0002.000002.jpg");
        using var set = ShardSet.Open(folder.Path);
        Assert.That(() => set.ReadFrames(1, 0, 4), Throws.TypeOf<DataException>().With.Message.EqualTo($"{folder.File("shard-000000.tar")}#clip-0002: frame 2: the picture is damaged: its checksum does not hold."));
        Assert.That(() => set.ReadFrames(1, 0, 2), Throws.Nothing);
        Assert.That(() => set.ReadFrames(0, 0, 4), Throws.Nothing);
    }

    [TestCase("clip-0001.json", "the clip's .json is damaged")]
    [TestCase("clip-0001.mask.png", "the mask is damaged")]
    public void OpenClip_DamagedDescriptionOrMask_IsRefused(string member, string message)
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)]);
        ShardFiles.DamageMember(folder.File("shard-000000.tar"), member);
        using var set = ShardSet.Open(folder.Path);
        Assert.That(() => set.OpenClip(0), Throws.TypeOf<DataException>().With.Message.Contains(message));
    }

    [Test]
    public void OpenClip_Frames_AreThoseOfTheShardWithItsSector()
    {
        using var folder = new TemporaryFolder();
        var clip = ShardClips.Make(1, 3) with { FrameTimesMs = [0, 20, 40], Spacing = new PixelSpacing(1, 2), View = "PLAX" };
        ShardClips.Write(folder.Path, [clip]);
        using var set = ShardSet.Open(folder.Path);
        var opened = set.OpenClip(0);
        Assert.Multiple(() =>
        {
            Assert.That((opened.FrameCount, opened.Height, opened.Width, opened.Channels), Is.EqualTo((3, ShardClips.Height, ShardClips.Width, 1)));
            Assert.That(opened.ReadFrame(2), Is.EqualTo(set.ReadFrames(0, 2, 1)[0].Pixels.ToArray()));
            Assert.That((opened.FrameTimesMs![1], opened.Spacing, opened.View), Is.EqualTo((20d, new PixelSpacing(1, 2), "PLAX")));
            Assert.That(opened.Sector!.Mask.ToArray().Select(value => value == 255), Is.EqualTo(clip.Frames[0].Pixels.ToArray().Select(value => value > 0)));
        });
    }

    [Test]
    public void Open_WithoutList_SaysThatTheSetIsNotComplete()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => ShardSet.Open(folder.Path), Throws.TypeOf<DataException>().With.Message.Contains("holds no shards.json"));
        Assert.That(ShardSet.IsShardFolder(folder.Path), Is.False);
    }

    [Test]
    public void Open_MissingOrShortArchive_IsRefusedAtOnce()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)]);
        string tar = folder.File("shard-000000.tar");
        byte[] bytes = File.ReadAllBytes(tar);
        File.WriteAllBytes(tar, bytes[..^512]);
        Assert.That(() => ShardSet.Open(folder.Path), Throws.TypeOf<DataException>().With.Message.Contains($"has {bytes.Length - 512} bytes"));
        File.Delete(tar);
        Assert.That(() => ShardSet.Open(folder.Path), Throws.TypeOf<DataException>().With.Message.Contains("is missing"));
    }

    [Test]
    public void Open_IndexOfAnotherShard_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)]);
        ShardClips.Write(other.Path, [ShardClips.Make(2)]);
        File.Copy(other.File("shard-000000.idx"), folder.File("shard-000000.idx"), overwrite: true);
        Assert.That(() => ShardSet.Open(folder.Path), Throws.TypeOf<DataException>().With.Message.Contains("does not belong"));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{\"format\":\"x\"}")]
    [TestCase("{\"format\":\"echoapex-shards\",\"version\":1,\"clips\":1,\"frames\":1,\"fingerprint\":\"\",\"shards\":[{\"name\":\"../a.tar\",\"clips\":1,\"frames\":1,\"bytes\":1,\"sha256\":\"\"}]}")]
    [TestCase("{\"format\":\"echoapex-shards\",\"version\":1,\"clips\":0,\"frames\":0,\"fingerprint\":\"\",\"shards\":[]}")]
    [TestCase("{\"format\":\"echoapex-shards\",\"version\":1,\"clips\":0,\"frames\":0,\"fingerprint\":\"\",\"shards\":[null]}")]
    public void Open_DamagedList_IsRefused(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("shards.json"), json);
        Assert.That(() => ShardSet.Open(folder.Path), Throws.TypeOf<DataException>());
    }
}
