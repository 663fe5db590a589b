using System.Formats.Tar;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Shards;

public sealed class ShardWriterTests
{
    [Test]
    public void Write_Png_ReadsBackEveryPixelAndProperty()
    {
        using var folder = new TemporaryFolder();
        var clip = ShardClips.Make(1, frames: 3, patient: "p7") with
        {
            FrameTimesMs = [0, 33.25, 66.5],
            Spacing = new PixelSpacing(0.5, 0.25),
            View = "A4C",
            Scanner = "phantom",
            Attributes = new Dictionary<string, string> { ["b"] = "Å \"2\"", ["a"] = "1" },
        };
        ShardClips.Write(folder.Path, [clip], new ShardWriteOptions { Codec = ShardCodec.Png });
        using var set = ShardSet.Open(folder.Path);
        var info = set.ReadInfo(0);
        Assert.Multiple(() =>
        {
            Assert.That(ShardClips.Pixels(set.ReadFrames(0, 0, 3)), Is.EqualTo(ShardClips.Pixels(clip.Frames)));
            Assert.That(info.FrameTimesMs, Is.EqualTo(clip.FrameTimesMs));
            Assert.That(info.Spacing, Is.EqualTo(clip.Spacing));
            Assert.That((info.Key, info.Patient, info.View, info.Scanner, info.Quality), Is.EqualTo(("clip-0001", "p7", "A4C", "phantom", 0)));
            Assert.That(info.Attributes, Is.EquivalentTo(clip.Attributes));
            Assert.That(set.ReadKey(0), Is.EqualTo(("clip-0001", "p7")));
        });
    }

    [Test]
    public void Write_Jpeg_KeepsTheSectorExactlyAndGrayClosely()
    {
        using var folder = new TemporaryFolder();
        var clip = ShardClips.Make(2, frames: 5);
        ShardClips.Write(folder.Path, [clip], new ShardWriteOptions { Quality = 100 });
        using var set = ShardSet.Open(folder.Path);
        byte[] expected = ShardClips.Pixels(clip.Frames), read = ShardClips.Pixels(set.ReadFrames(0, 0, 5));
        Assert.Multiple(() =>
        {
            Assert.That(read.Select(value => value == 0), Is.EqualTo(expected.Select(value => value == 0)));
            Assert.That(expected.Zip(read, (a, b) => Math.Abs(a - b)).Max(), Is.LessThanOrEqualTo(2));
        });
    }

    [Test]
    public void Write_WholeFrameIsSector_HasNoMaskAndNoZeros()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(2, fan: false)]);
        using var set = ShardSet.Open(folder.Path);
        Assert.That(set.ReadInfo(0).MaskChecksum, Is.Null);
        Assert.That(ShardClips.Pixels(set.ReadFrames(0, 0, 4)), Has.None.EqualTo(0));
    }

    [Test]
    public void Write_Archive_IsPlainTarWithTheMembersOfEachClipTogether()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1, 2), ShardClips.Make(2, 1)]);
        using var stream = File.OpenRead(folder.File("shard-000000.tar"));
        using var reader = new TarReader(stream);
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry)
        {
            names.Add(entry.Name);
            Assert.That((entry.EntryType, entry.Uid, entry.Gid, entry.ModificationTime.ToUnixTimeSeconds(), (int)entry.Mode), Is.EqualTo((TarEntryType.RegularFile, 0, 0, 0L, 420)));
        }

        Assert.That(names, Is.EqualTo(new[]
        {
            "clip-0001.json", "clip-0001.mask.png", "clip-0001.000000.jpg", "clip-0001.000001.jpg",
            "clip-0002.json", "clip-0002.mask.png", "clip-0002.000000.jpg",
        }));
        Assert.That(stream.Length % 512, Is.Zero);
    }

    [Test]
    public void Write_Twice_GivesEqualBytes()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        ShardClips.Write(first.Path, Many());
        ShardClips.Write(second.Path, Many());
        Assert.That(ShardClips.Contents(first.Path), Is.EqualTo(ShardClips.Contents(second.Path)));
        Assert.That(ShardClips.Contents(first.Path).Keys, Is.EqualTo(new[]
        {
            "shard-000000.idx", "shard-000000.tar", "shard-000001.idx", "shard-000001.tar", "shard-000002.idx", "shard-000002.tar", "shards.json",
        }));
    }

    [Test]
    public void Write_StoppedAnywhereAndStartedAgain_GivesTheBytesOfOneRun()
    {
        using var whole = new TemporaryFolder();
        ShardClips.Write(whole.Path, Many());
        var random = RandomStream.For(4, "stops");
        using var folder = new TemporaryFolder();
        int kept = 0;
        for (int attempt = 0; attempt < 6; attempt++)
        {
            // Disposed without Complete: what a killed process leaves is tested with its leftovers below.
            using var writer = ShardWriter.Open(folder.Path, ShardClips.Options);
            kept = writer.ResumedClipCount;
            foreach (var clip in Many().Where(clip => !writer.Contains(clip.Key)).Take(random.NextInt32(150)).ToArray())
            {
                writer.Add(EncodedClip.Encode(clip, ShardClips.Options));
            }
        }

        Assert.That(kept, Is.Positive, "some shards were kept on the way");
        ShardClips.Write(folder.Path, Many());
        Assert.That(ShardClips.Contents(folder.Path), Is.EqualTo(ShardClips.Contents(whole.Path)));
        ShardClips.Write(folder.Path, Many());
        Assert.That(ShardClips.Contents(folder.Path), Is.EqualTo(ShardClips.Contents(whole.Path)), "a complete set is left as it is");
    }

    [Test]
    public void Open_LeftoversOfAKilledProcess_AreFinishedOrRemoved()
    {
        using var whole = new TemporaryFolder();
        ShardClips.Write(whole.Path, Many());
        using var folder = new TemporaryFolder();

        // Killed after the archive got its name and before the index did, with the next archive begun.
        File.Copy(whole.File("shard-000000.tar"), folder.File("shard-000000.tar"));
        File.WriteAllBytes(folder.File("shard-000000.idx.0123456789abcdef0123456789abcdef.partial"), [1, 2, 3]);
        File.WriteAllBytes(folder.File("shard-000001.tar.partial"), File.ReadAllBytes(whole.File("shard-000001.tar"))[..5000]);
        ShardClips.Write(folder.Path, Many());
        Assert.That(ShardClips.Contents(folder.Path), Is.EqualTo(ShardClips.Contents(whole.Path)));
    }

    [Test]
    public void Open_TornArchiveWithoutIndex_IsRefusedNotDropped()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)]);
        File.Delete(folder.File("shard-000000.idx"));
        byte[] tar = File.ReadAllBytes(folder.File("shard-000000.tar"));
        File.WriteAllBytes(folder.File("shard-000000.tar"), tar[..^2000]);
        Assert.That(() => ShardWriter.Open(folder.Path, ShardClips.Options), Throws.TypeOf<DataException>().With.Message.Contains("echoapex shards repair"));
        Assert.That(File.Exists(folder.File("shard-000000.tar")), Is.True);
    }

    [Test]
    public void Open_MissingShardBeforeLaterOnes_IsRefused()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, Many());
        File.Delete(folder.File("shard-000000.tar"));
        Assert.That(() => ShardWriter.Open(folder.Path, ShardClips.Options), Throws.TypeOf<DataException>().With.Message.Contains("shard-000000.tar: is missing"));
    }

    [Test]
    public void Open_OtherQuality_IsRefused()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)]);
        Assert.That(() => ShardWriter.Open(folder.Path, ShardClips.Options with { Quality = 80 }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("quality 95"));
    }

    [Test]
    public void Open_WhileAnotherWrites_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using (ShardWriter.Open(folder.Path, ShardClips.Options))
        {
            Assert.That(() => ShardWriter.Open(folder.Path, ShardClips.Options), Throws.TypeOf<EchoApexException>().With.Message.Contains("another process"));
            Assert.That(() => ShardWriter.Open(folder.Path, ShardClips.Options with { Prefix = "b" }).Dispose(), Throws.Nothing);
        }

        Assert.That(Directory.EnumerateFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Complete_TwoPrefixes_ListsTheShardsOfBoth()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)], ShardClips.Options with { Prefix = "b" });
        var manifest = ShardClips.Write(folder.Path, [ShardClips.Make(2)], ShardClips.Options with { Prefix = "a" });
        Assert.That(manifest.Shards.Select(shard => shard.Name), Is.EqualTo(new[] { "a-000000.tar", "b-000000.tar" }));
        Assert.That((manifest.ClipCount, manifest.FrameCount), Is.EqualTo((2L, 8L)));
    }

    [Test]
    public void Complete_OneNameInTwoShards_IsRefused()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, [ShardClips.Make(1)], ShardClips.Options with { Prefix = "b" });
        Assert.That(() => ShardClips.Write(folder.Path, [ShardClips.Make(1)], ShardClips.Options with { Prefix = "a" }), Throws.TypeOf<DataException>().With.Message.Contains("clip-0001"));
    }

    [Test]
    public void Add_SameNameTwice_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var writer = ShardWriter.Open(folder.Path, ShardClips.Options);
        var clip = EncodedClip.Encode(ShardClips.Make(1), ShardClips.Options);
        writer.Add(clip);
        Assert.That(() => writer.Add(clip), Throws.TypeOf<DataException>().With.Message.Contains("unique"));
    }

    [TestCase("")]
    [TestCase("a.b")]
    [TestCase("-a")]
    [TestCase("a/b")]
    [TestCase("ä")]
    public void Encode_KeyThatReadersWouldSplit_IsRefused(string key) =>
        Assert.That(() => EncodedClip.Encode(ShardClips.Make(1) with { Key = key }, ShardClips.Options), Throws.TypeOf<DataException>().With.Message.Contains("key"));

    [Test]
    public void Encode_FramesWithDifferentSectors_AreRefused()
    {
        byte[] pixels = [.. Enumerable.Repeat((byte)9, 32)];
        pixels[20] = 0;
        var clip = new ShardClip { Key = "a", Frames = new SectorFrames(pixels, 2, 4, 4) };
        Assert.That(() => EncodedClip.Encode(clip, ShardClips.Options), Throws.TypeOf<DataException>().With.Message.Contains("frame 1").And.Message.Contains("row 1, column 0"));
    }

    // Three shards of a megabyte.
    private static IEnumerable<ShardClip> Many() => Enumerable.Range(0, 240).Select(i => ShardClips.Make(i, 5, patient: $"p{i / 3}"));
}
