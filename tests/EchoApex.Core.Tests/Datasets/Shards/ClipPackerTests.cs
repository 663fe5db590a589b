using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Shards;

public sealed class ClipPackerTests
{
    private static readonly PackOptions Options = new() { Shards = new ShardWriteOptions { Codec = ShardCodec.Png, ShardMegabytes = 1 }, MaximumSide = 64, Workers = 2 };

    [Test]
    public void Run_PhantomSet_KeepsFramesTimesSpacingViewAndPatient()
    {
        using var folder = new TemporaryFolder();
        WritePhantoms(folder.File("set"), 3);
        string list = folder.File("list.csv");
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(folder.File("set"), "dicom")).Order(StringComparer.Ordinal)];
        File.WriteAllText(list, $"path,label,patient\n{files[0]},a,p1\n{files[1]},b,p1\n");
        var outcome = ClipPacker.Run(folder.File("set"), folder.File("shards"), Options with { FramesPerClip = 5 }, LabelledClipList.Read(list));
        Assert.That((outcome.Added, outcome.Present, outcome.Skipped.Count, outcome.Manifest.ClipCount), Is.EqualTo((3, 0, 0, 3L)));

        using var set = ShardSet.Open(folder.File("shards"));
        var info = set.ReadInfo(0);
        var clip = ClipReader.Open(files[0]);
        var expected = SectorFrameReader.Read(clip, new ClipDatasetOptions { MaximumSide = 64, FramesPerClip = 5 });
        var sector = SectorFinder.Find(clip);
        Assert.Multiple(() =>
        {
            Assert.That(Enumerable.Range(0, 3).Select(i => set.ReadKey(i).Patient), Is.EqualTo(new[] { "p1", "p1", null }));
            Assert.That(set.PatientOf(0), Is.EqualTo(set.PatientOf(1)).And.Not.EqualTo(set.PatientOf(2)));
            Assert.That(info.View, Is.EqualTo("a"));
            Assert.That(ShardClips.Pixels(set.ReadFrames(0, 0, 5)), Is.EqualTo(ShardClips.Pixels(expected)));
            Assert.That(info.FrameTimesMs, Is.EqualTo(new[] { 0, 1, 3, 5, 7 }.Select(i => clip.FrameTimesMs![i])).Within(1e-9));
            Assert.That(info.Spacing!.XMm, Is.EqualTo(clip.Spacing!.XMm * sector.Width / info.Width).Within(1e-12));
            Assert.That(info.Spacing.YMm, Is.EqualTo(clip.Spacing.YMm * sector.Height / info.Height).Within(1e-12));
        });
    }

    [Test]
    public void Run_AgainAndWithOtherThreads_LeavesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        WritePhantoms(folder.File("set"), 3);
        ClipPacker.Run(folder.File("set"), folder.File("one"), Options with { Workers = 1 });
        ClipPacker.Run(folder.File("set"), folder.File("many"), Options with { Workers = 3 });
        var expected = ShardClips.Contents(folder.File("one"));
        Assert.That(ShardClips.Contents(folder.File("many")), Is.EqualTo(expected));
        var again = ClipPacker.Run(folder.File("set"), folder.File("many"), Options);
        Assert.That((again.Added, again.Present), Is.EqualTo((0, 3)));
        Assert.That(ShardClips.Contents(folder.File("many")), Is.EqualTo(expected));
    }

    [Test]
    public void Run_UnreadableFile_IsLeftOutWithItsReason()
    {
        using var folder = new TemporaryFolder();
        WritePhantoms(folder.File("set"), 1);
        string file = Directory.EnumerateFiles(Path.Combine(folder.File("set"), "dicom")).Single();
        File.WriteAllBytes(Path.Combine(folder.File("set"), "torn.dcm"), File.ReadAllBytes(file)[..600]);
        var outcome = ClipPacker.Run(folder.File("set"), folder.File("shards"), Options);
        Assert.That(outcome.Added, Is.EqualTo(1));
        Assert.That(outcome.Skipped.Single().Path, Does.EndWith("torn.dcm"));
    }

    [Test]
    public void Run_Cancelled_LeavesAFolderThatGoesOn()
    {
        using var folder = new TemporaryFolder();
        WritePhantoms(folder.File("set"), 2);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.That(() => ClipPacker.Run(folder.File("set"), folder.File("shards"), Options, cancellationToken: source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(ClipPacker.Run(folder.File("set"), folder.File("shards"), Options).Manifest.ClipCount, Is.EqualTo(2));
    }

    [Test]
    public void Run_GoingOnWithOtherOptions_IsRefused()
    {
        using var folder = new TemporaryFolder();
        WritePhantoms(folder.File("set"), 1);
        ClipPacker.Run(folder.File("set"), folder.File("shards"), Options);
        Assert.Multiple(() =>
        {
            foreach (var other in new[] { Options with { MaximumSide = 32 }, Options with { FramesPerClip = 2 }, Options with { Shards = Options.Shards with { ShardMegabytes = 2 } } })
            {
                Assert.That(() => ClipPacker.Run(folder.File("set"), folder.File("shards"), other), Throws.TypeOf<ConfigurationException>().With.Message.Contains("pack.json"));
            }

            Assert.That(() => ClipPacker.Run(folder.File("set"), folder.File("shards"), Options with { Workers = 7 }), Throws.Nothing);
        });
    }

    [Test]
    public void Run_IntoShardsThatWereNotPackedFromClips_IsRefused()
    {
        using var folder = new TemporaryFolder();
        WritePhantoms(folder.File("set"), 1);
        ShardClips.Write(folder.File("shards"), [ShardClips.Make(0)]);
        Assert.That(() => ClipPacker.Run(folder.File("set"), folder.File("shards"), Options), Throws.TypeOf<DataException>().With.Message.Contains("no pack.json"));
    }

    [Test]
    public void Run_NoClips_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => ClipPacker.Run(folder.Path, folder.File("shards"), Options), Throws.TypeOf<DataException>().With.Message.Contains("holds no clip"));
    }

    [TestCase("a/b c.dcm", "a_b_c-")]
    [TestCase("_x.avi", "x-")]
    public void KeyOf_Path_IsAKeyThatSaysWhere(string path, string start)
    {
        Assert.That(ClipPacker.KeyOf(path), Does.StartWith(start));
        Assert.That(ShardClip.IsKey(ClipPacker.KeyOf(path)), Is.True);
    }

    [Test]
    public void KeyOf_PathsThatDifferInOtherCharacters_AreDifferentKeys() =>
        Assert.That(new[] { "a b.dcm", "a_b.dcm", "a_b.avi", new string('ü', 300), new string('ü', 301) }.Select(ClipPacker.KeyOf), Is.Unique.And.All.Matches<string>(key => ShardClip.IsKey(key!)));

    private static void WritePhantoms(string folder, int count) =>
        PhantomSetWriter.Write(folder, new PhantomSetOptions { Count = count, Avi = false, Truth = false, Clip = new PhantomOptions { ImageSize = 96, Frames = 8 } });
}
