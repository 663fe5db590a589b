using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Datasets;

public sealed class ClipFolderDatasetTests
{
    [Test]
    public void Read_UnreadableClip_IsCountedAndReplacedByTheNext()
    {
        var dataset = Create(["a", "bad", "c"]);
        Assert.That(dataset.Read(1)[0].Pixels.Span[0], Is.EqualTo((byte)'c'));
        Assert.That(dataset.Read(1)[0].Pixels.Span[0], Is.EqualTo((byte)'c'));
        Assert.That(dataset.Skipped, Is.EqualTo(new[] { new SkippedClip("bad", "holds no frame.") }), "reported once");
    }

    [Test]
    public void Read_LastClipUnreadable_WrapsToTheFirst() =>
        Assert.That(Create(["a", "c", "bad"]).Read(2)[0].Pixels.Span[0], Is.EqualTo((byte)'a'));

    [Test]
    public void Read_NoClipReadable_SaysWhy()
    {
        var error = Assert.Throws<DataException>(() => Create(["bad", "bad2"]).Read(0))!;
        Assert.That(error.Message, Is.EqualTo("bad: holds no frame. None of the 2 clips can be read; this is the first."));
    }

    [Test]
    public void Constructor_NoClip_SaysWhatToDo() =>
        Assert.That(() => Create([]), Throws.TypeOf<DataException>().With.Message.Contains("no clip was found"));

    [Test]
    public void Read_SecondTime_ComesFromTheCache()
    {
        int reads = 0;
        var dataset = Create(["a", "b"], _ => reads++);
        Assert.That(dataset.Read(0), Is.SameAs(dataset.Read(0)));
        Assert.That(reads, Is.EqualTo(1));
    }

    [Test]
    public void GetOrRead_BeyondTheBudget_DropsTheLeastRecentlyUsed()
    {
        var cache = new ClipCache(250);
        int reads = 0;
        SectorFrames Get(int key) => cache.GetOrRead(key, () =>
        {
            reads++;
            return new SectorFrames(new byte[100], 1, 10, 10);
        });
        Get(0);
        Get(1);
        Get(0);
        Get(2);
        Assert.That(cache.ByteCount, Is.EqualTo(200));
        Get(0);
        Assert.That(reads, Is.EqualTo(3), "0 was used after 1 and stayed");
        Get(1);
        Assert.That(reads, Is.EqualTo(4));
    }

    [Test]
    public void Read_FromManyThreads_StaysWithinTheBudget()
    {
        var dataset = new ClipFolderDataset(Enumerable.Range(0, 50).Select(i => $"{i}"), path => new SectorFrames(new byte[100_000], 10, 100, 100), new ClipDatasetOptions { CacheMegabytes = 1 });
        Parallel.For(0, 1000, i => Assert.That(dataset.Read(i % 50).FrameCount, Is.EqualTo(10)));
    }

    private static ClipFolderDataset Create(string[] paths, Action<string>? onRead = null) => new(paths, path =>
    {
        onRead?.Invoke(path);
        return path.StartsWith("bad", StringComparison.Ordinal)
            ? throw new DataException(path, "holds no frame.")
            : new SectorFrames([(byte)path[0]], 1, 1, 1);
    }, new ClipDatasetOptions());
}
