using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Shards;

public sealed class ShardDatasetTests
{
    private static readonly ShardWriteOptions Lossless = new() { Codec = ShardCodec.Png, ShardMegabytes = 1 };

    [Test]
    public void Read_ByClip_ShowsTwoFramesOfThatClip()
    {
        using var folder = Make();
        using var data = ShardDataset.Open([folder.Path]);
        Assert.That((data.UnitCount, data.UnitName, data.ClipCount, data.FrameCount), Is.EqualTo((4L, "clips", 4, 1 + 2 + 30 + 3L)));
        var seen = new HashSet<(int, int)>();
        for (int i = 0; i < 40; i++)
        {
            var pair = data.Read(2, 0, RandomStream.For(1, "test", i), wantsSecond: true, new LoaderWorker());
            var (first, second) = (FrameOf(2, 30, pair.First), FrameOf(2, 30, pair.Second));
            Assert.That(first, Is.Not.EqualTo(second));
            seen.Add((first, second));
        }

        Assert.That(seen.Select(pair => pair.Item1).Distinct().Count(), Is.GreaterThan(15));
        var single = data.Read(0, 0, new RandomStream(1), wantsSecond: true, new LoaderWorker());
        Assert.That(single.First.Pixels.ToArray(), Is.EqualTo(single.Second.Pixels.ToArray()), "a still picture is its own second frame");
    }

    [Test]
    public void Read_SecondFrameNotWanted_HasTheSameFirstFrame()
    {
        using var folder = Make();
        using var data = ShardDataset.Open([folder.Path]);
        byte[] both = data.Read(2, 0, new RandomStream(5), wantsSecond: true, new LoaderWorker()).First.Pixels.ToArray();
        var one = data.Read(2, 0, new RandomStream(5), wantsSecond: false, new LoaderWorker());
        Assert.That(one.First.Pixels.ToArray(), Is.EqualTo(both));
        Assert.That(one.Second.Pixels.ToArray(), Is.EqualTo(both));
    }

    [Test]
    public void Read_ByFrame_ShowsEachFrameOnceAPass()
    {
        using var folder = Make();
        using var data = ShardDataset.Open([folder.Path], SampleBalance.Frame);
        Assert.That(data.UnitCount, Is.EqualTo(36));
        int[] sizes = [1, 2, 30, 3];
        var expected = Enumerable.Range(0, 4).SelectMany(clip => Enumerable.Range(0, sizes[clip]).Select(frame => (clip, frame))).ToArray();
        for (int unit = 0; unit < 36; unit++)
        {
            var (clip, frame) = expected[unit];
            var pair = data.Read(unit, 0, RandomStream.For(2, "test", unit), wantsSecond: true, new LoaderWorker());
            Assert.That(FrameOf(clip, sizes[clip], pair.First), Is.EqualTo(frame));
            Assert.That(FrameOf(clip, sizes[clip], pair.Second) == frame, Is.EqualTo(sizes[clip] == 1));
            Assert.That(data.NameOf(unit, 0), Does.EndWith($"#clip-{clip:0000}"));
        }
    }

    [Test]
    public void Read_ByPatient_ShowsAllClipsOfAPatientBeforeOneAgain()
    {
        using var folder = new TemporaryFolder();
        ShardClips.Write(folder.Path, Enumerable.Range(0, 8).Select(i => ShardClips.Make(i, 2, patient: i < 5 ? "a" : i < 7 ? "b" : null)), Lossless);
        using var data = ShardDataset.Open([folder.Path], SampleBalance.Patient, seed: 3);
        Assert.That((data.UnitCount, data.UnitName), Is.EqualTo((3L, "patients")));
        var clips = new Dictionary<int, List<string>>();
        for (int unit = 0; unit < 3; unit++)
        {
            string[] shown = [.. Enumerable.Range(0, 20).Select(visit => data.NameOf(unit, visit).Split('#')[1])];
            int size = shown.Distinct().Count();
            clips[size] = [.. shown.Distinct().Order()];
            string[][] rounds = [.. shown.Chunk(size).Where(round => round.Length == size)];
            Assert.That(rounds.Select(round => round.Distinct().Count()), Is.All.EqualTo(size));
            Assert.That(size < 5 || rounds.Select(round => string.Join(' ', round)).Distinct().Count() > 1, Is.True, "rounds have orders of their own");
        }

        Assert.That(clips[5], Is.EqualTo(Enumerable.Range(0, 5).Select(i => $"clip-{i:0000}")));
        Assert.That(clips[2], Is.EqualTo(new[] { "clip-0005", "clip-0006" }));
        Assert.That(clips[1], Is.EqualTo(new[] { "clip-0007" }), "a clip without a patient is a patient of its own");
    }

    [Test]
    public void Open_SeveralSets_NumbersClipsThroughThem()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        ShardClips.Write(first.Path, [ShardClips.Make(1)]);
        ShardClips.Write(second.Path, [ShardClips.Make(2), ShardClips.Make(3)]);
        using var data = ShardDataset.Open([first.Path, second.Path]);
        Assert.That(Enumerable.Range(0, 3).Select(unit => data.NameOf(unit, 0).Split('#')[1]), Is.EqualTo(new[] { "clip-0001", "clip-0002", "clip-0003" }));
    }

    [Test]
    public void Read_DamagedFrame_IsReplacedByTheNextClipAndNamed()
    {
        using var folder = Make();
        for (int frame = 0; frame < 2; frame++)
        {
            ShardFiles.DamageMember(folder.File("shard-000000.tar"), $"clip-0001.{frame:000000}.png");
        }

        using var data = ShardDataset.Open([folder.Path]);
        for (int i = 0; i < 10; i++)
        {
            var pair = data.Read(1, 0, RandomStream.For(1, "test", i), wantsSecond: true, new LoaderWorker());
            Assert.That(FrameOf(2, 30, pair.First), Is.GreaterThanOrEqualTo(0));
        }

        Assert.That(data.Skipped.Select(clip => clip.Path).Distinct().Single(), Does.EndWith("shard-000000.tar#clip-0001"));
        Assert.That(data.Skipped.Select(clip => clip.Reason), Has.All.Contains("checksum"));
        Assert.That(data.ReplacedCount, Is.EqualTo(10));
    }

    [Test]
    public void Read_SomeFramesDamaged_DoesNotDependOnWhatWasReadBefore()
    {
        using var folder = Make();
        ShardFiles.DamageMember(folder.File("shard-000000.tar"), "clip-0002.000007.png");
        using var data = ShardDataset.Open([folder.Path]);
        byte[][] Read(ShardDataset from) => [.. Enumerable.Range(0, 60).Select(i => from.Read(2, 0, RandomStream.For(1, "test", i), wantsSecond: true, new LoaderWorker()).First.Pixels.ToArray())];
        var first = Read(data);
        Assert.That(data.ReplacedCount, Is.Positive);
        Assert.That(Read(data), Is.EqualTo(first));
        using var fresh = ShardDataset.Open([folder.Path]);
        Assert.That(fresh.Read(2, 0, RandomStream.For(1, "test", 59), wantsSecond: true, new LoaderWorker()).First.Pixels.ToArray(), Is.EqualTo(first[59]));
    }

    [Test]
    public void Read_NothingReadable_IsAnError()
    {
        using var folder = Make();
        File.WriteAllBytes(folder.File("shard-000000.tar"), new byte[new FileInfo(folder.File("shard-000000.tar")).Length]);
        using var data = ShardDataset.Open([folder.Path]);
        Assert.That(() => data.Read(0, 0, new RandomStream(1), wantsSecond: true, new LoaderWorker()), Throws.TypeOf<DataException>().With.Message.Contains("None of 4 clips"));
    }

    [TestCase(1, 1)]
    [TestCase(3, 2)]
    public void Loader_AnyNumberOfThreads_GivesTheSameBatchesDamageIncluded(int workers, int ahead)
    {
        using var folder = Make();
        ShardFiles.DamageMember(folder.File("shard-000000.tar"), "clip-0002.000003.png");
        using var data = ShardDataset.Open([folder.Path], SampleBalance.Frame);
        byte[][] Batches(int threads, int prepared, long position)
        {
            using var loader = new PrefetchingLoader<byte[]>(
                new EpochSampler(data.UnitCount, 9, position),
                4,
                () => new byte[4 * ShardClips.Height * ShardClips.Width],
                (draw, batch, slot, worker) =>
                {
                    var pair = data.Read(draw.Sample, draw.Epoch, RandomStream.For(9, "test", draw.Epoch, draw.Index), wantsSecond: true, worker);
                    pair.Second.Pixels.CopyTo(batch.AsMemory(slot * ShardClips.Height * ShardClips.Width));
                },
                threads,
                prepared);
            byte[][] batches = [.. Enumerable.Range(0, 20).Select(_ => loader.Next())];
            var total = loader.Statistics.Aggregate(default(LoaderStatistics), LoaderStatistics.Add);
            Assert.That(loader.Statistics, Has.Count.EqualTo(threads));
            Assert.That(total.Samples, Is.InRange(80, 80 + (4 * prepared)));
            Assert.That((total.ReadSeconds > 0, total.DecodeSeconds > 0, total.AugmentSeconds > 0, total.WaitSeconds > 0), Is.EqualTo((true, true, true, true)));
            return batches;
        }

        var expected = Batches(2, 3, 0);
        Assert.That(Batches(workers, ahead, 0), Is.EqualTo(expected));
        Assert.That(Batches(workers, ahead, 40)[..10], Is.EqualTo(expected[10..]), "a loader that starts later goes on exactly");
    }

    // Clips of 1, 2, 30 and 3 frames.
    private static TemporaryFolder Make()
    {
        var folder = new TemporaryFolder();
        int[] sizes = [1, 2, 30, 3];
        ShardClips.Write(folder.Path, sizes.Select((size, i) => ShardClips.Make(i, size)), Lossless);
        return folder;
    }

    private static int FrameOf(int clip, int frames, SectorImage image)
    {
        var known = ShardClips.Frames(clip, frames);
        return Enumerable.Range(0, frames).Where(i => known[i].Pixels.Span.SequenceEqual(image.Pixels.Span)).DefaultIfEmpty(-1).First();
    }
}
