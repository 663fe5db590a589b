using EchoApex.Core.Checkpoints;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Shards;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Loop;
using EchoApex.Training.Tests.SelfDistillation;
using static EchoApex.Training.Tests.Loop.RunFiles;

namespace EchoApex.Training.Tests.Loop;

/// <summary>Pretraining from shards.</summary>
[NoTensorLeaks]
[NonParallelizable]
public sealed class ShardLoopTests
{
    [TestCase(SampleBalance.Clip, "7 clips x 2 = 14 samples a pass")]
    [TestCase(SampleBalance.Patient, "4 patients x 2 = 8 samples a pass")]
    [TestCase(SampleBalance.Frame, "21 frames x 2 = 42 samples a pass")]
    public void Run_CancelledAndResumed_EqualsAnUninterruptedRunToTheBit(SampleBalance balance, string plan)
    {
        using var folder = new TemporaryFolder();
        var options = Shards(folder);
        options = options with { Data = options.Data with { Balance = balance } };
        using (var whole = new PretrainingLoop(options, folder.File("whole"), resume: false))
        {
            Assert.That(whole.Plan, Does.Contain(plan));
            whole.Run();
        }

        using (var first = new PretrainingLoop(options with { Run = options.Run with { StopAfterStep = 5 } }, folder.File("parts"), resume: false))
        {
            first.Run();
        }

        using (var second = new PretrainingLoop(options with { Data = options.Data with { Workers = 1, PrefetchBatches = 5 } }, folder.File("parts"), resume: true))
        {
            Assert.That(second.StartStep, Is.EqualTo(5));
            Assert.That(second.Run().Completed, Is.True);
        }

        Assert.That(State(folder.File("parts"), 12), Is.EqualTo(State(folder.File("whole"), 12)), "student, teacher, optimizer and center");
        Assert.That(Numbers(folder.File("parts")), Is.EqualTo(Numbers(folder.File("whole"))), "metrics");
    }

    [Test]
    public void Run_LosslessShards_TrainsAsTheClipsThemselvesDo()
    {
        using var folder = new TemporaryFolder();
        var options = Shards(folder, ShardCodec.Png);
        using (var shards = new PretrainingLoop(options, folder.File("shards-run"), resume: false))
        {
            shards.Run();
        }

        using (var clips = new PretrainingLoop(options, folder.File("clips-run"), resume: false, _ => new ClipFolderDataset(Enumerable.Range(0, 7).Select(i => $"{i}"), path => Frames(int.Parse(path, null)), options.Data.Cache)))
        {
            clips.Run();
        }

        Assert.That(State(folder.File("shards-run"), 12), Is.EqualTo(State(folder.File("clips-run"), 12)));
    }

    [Test]
    public void Run_DamagedRecord_IsReplacedCountedAndNamed()
    {
        using var folder = new TemporaryFolder();
        var options = Shards(folder);
        string tar = Path.Combine(options.Data.Paths[0], "shard-000000.tar");
        byte[] bytes = File.ReadAllBytes(tar);
        int start = bytes.AsSpan().IndexOf("clip-3.000000.jpg"u8) + 512;
        bytes.AsSpan(start + 100, 3 * 512).Clear();
        File.WriteAllBytes(tar, bytes);
        using var loop = new PretrainingLoop(options, folder.File("run"), resume: false);
        var outcome = loop.Run();
        Assert.That(outcome.Completed, Is.True);
        Assert.That(outcome.SkippedClips.Select(clip => clip.Path), Is.Not.Empty.And.All.EqualTo($"{tar}#clip-3"));
        var line = Lines(folder.File("run"))[^1];
        Assert.That(line.GetProperty("skipped_clips").GetInt32(), Is.EqualTo(outcome.SkippedClips.Count));
        Assert.That(new[] { "loader_read", "loader_decode", "loader_augment", "loader_wait" }.Sum(name => line.GetProperty(name).GetDouble()), Is.EqualTo(1).Within(1e-3));
    }

    [Test]
    public void Resume_WithOtherShards_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var options = Shards(folder);
        using (var first = new PretrainingLoop(options with { Run = options.Run with { StopAfterStep = 1 } }, folder.File("run"), resume: false))
        {
            first.Run();
        }

        Directory.Delete(options.Data.Paths[0], recursive: true);
        Write(options.Data.Paths[0], ShardCodec.Png);
        Assert.That(() => new PretrainingLoop(options, folder.File("run"), resume: true), Throws.TypeOf<CheckpointException>().With.Message.Contains("Resume with the same data"));
    }

    [Test]
    public void Open_ClipsBalancedByPatient_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var options = TinyRun.Options with { Data = TinyRun.Options.Data with { Paths = [folder.Path], Balance = SampleBalance.Patient } };
        Assert.That(() => new PretrainingLoop(options, folder.File("run"), resume: false), Throws.TypeOf<ConfigurationException>().With.Message.Contains("data.balance").And.Message.Contains("is patient"));
    }

    [Test]
    public void Open_ShardsMixedWithClips_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var options = Shards(folder);
        options = options with { Data = options.Data with { Paths = [.. options.Data.Paths, folder.Path] } };
        Assert.That(() => new PretrainingLoop(options, folder.File("run"), resume: false), Throws.TypeOf<ConfigurationException>().With.Message.Contains("mixes shards"));
    }

    [TestCase(DataSourceKind.Shards, "holds no shards.json")]
    [TestCase(DataSourceKind.Clips, "no clip was found")]
    public void Open_SourceNamed_IsNotGuessed(DataSourceKind source, string message)
    {
        using var folder = new TemporaryFolder();
        var options = Shards(folder);
        string path = source == DataSourceKind.Shards ? folder.File("empty") : options.Data.Paths[0];
        Directory.CreateDirectory(path);
        options = options with { Data = options.Data with { Paths = [path], Source = source } };
        Assert.That(() => new PretrainingLoop(options, folder.File("run"), resume: false), Throws.TypeOf<DataException>().With.Message.Contains(message));
    }

    private static PretrainingOptions Shards(TemporaryFolder folder, ShardCodec codec = ShardCodec.Jpeg)
    {
        Write(folder.File("shards"), codec);
        return TinyRun.Options with { Data = TinyRun.Options.Data with { Paths = [folder.File("shards")] } };
    }

    private static void Write(string folder, ShardCodec codec)
    {
        var options = new ShardWriteOptions { Codec = codec };
        using var writer = ShardWriter.Open(folder, options);
        for (int i = 0; i < 7; i++)
        {
            writer.Add(EncodedClip.Encode(new ShardClip { Key = $"clip-{i}", Patient = $"p{i / 2}", Frames = Frames(i) }, options));
        }

        writer.Complete();
    }

    private static SectorFrames Frames(int clip)
    {
        var frames = Enumerable.Range(0, 3).Select(i => TestImages.Sector(40, 44, (ulong)((clip * 10) + i)));
        return new SectorFrames([.. frames.SelectMany(frame => frame.Pixels.ToArray())], 3, 40, 44);
    }
}
