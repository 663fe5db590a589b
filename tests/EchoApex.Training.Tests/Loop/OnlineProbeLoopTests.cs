using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Loop;
using static EchoApex.Training.Tests.Loop.RunFiles;

namespace EchoApex.Training.Tests.Loop;

/// <summary>The probe beside a run: what it writes, and that training does not notice it.</summary>
[NoTensorLeaks]
[NonParallelizable]
public sealed class OnlineProbeLoopTests : IDisposable
{
    private TemporaryFolder _folder = null!;

    [OneTimeSetUp]
    public void MakePhantoms()
    {
        _folder = new TemporaryFolder();
        foreach (var (name, seed) in new[] { ("train", 1UL), ("test", 2UL) })
        {
            PhantomSetWriter.Write(_folder.File(name), new PhantomSetOptions { Count = 12, Seed = seed, Avi = false, Truth = false, Clip = new PhantomOptions { ImageSize = 48, Frames = 2 } });
        }
    }

    public void Dispose() => _folder?.Dispose();

    [TestCase("dino")]
    [TestCase("dinov2")]
    [TestCase("resnet")]
    public void Run_WithAndWithoutProbe_HasTheSameNumbersToTheBit(string kind)
    {
        var options = kind switch
        {
            "dino" => TinyRun.Options,
            "dinov2" => TinyRun.Dinov2,
            _ => TinyRun.ResNet,
        };
        string plain = _folder.File(kind + "-plain");
        string probed = _folder.File(kind + "-probed");
        using (var loop = TinyRun.Open(options, plain))
        {
            loop.Run();
        }

        using (var loop = TinyRun.Open(options with { Probe = Probe(every: 5) }, probed))
        {
            loop.Run();
        }

        Assert.That(State(probed, 12), Is.EqualTo(State(plain, 12)), "student, teacher, BatchNorm statistics, optimizer, centers");
        var lines = Lines(probed);
        Assert.That(Numbers(plain), Is.EqualTo(Numbers(probed).Select(WithoutProbe)));
        long[] measured = [.. lines.Where(line => line.TryGetProperty("knn_accuracy", out _)).Select(line => line.GetProperty("step").GetInt64())];
        Assert.That(measured, Is.EqualTo(new[] { 5, 10, 12 }), "every so many steps and at the end");
        Assert.That(lines.Where(line => line.TryGetProperty("knn_accuracy", out _)).Select(line => line.GetProperty("knn_accuracy").GetDouble()), Is.All.InRange(0.0, 1.0));
        Assert.That(lines[^1].GetProperty("probe_seconds").GetDouble(), Is.Positive);
        Assert.That(lines.Select(line => line.GetProperty("live_tensors").GetDouble()).Distinct().Count(), Is.EqualTo(1), "no tensor stays behind");
    }

    [Test]
    public void Run_ProbeBetweenTwoLogs_WritesALineOfItsOwn()
    {
        string run = _folder.File("between");
        var options = TinyRun.Options with { Run = TinyRun.Options.Run with { LogEvery = 4, TensorBoard = true }, Probe = Probe(every: 6) with { Frames = 2, Neighbours = 1 } };
        using var loop = TinyRun.Open(options, run);
        loop.Run();
        Assert.That(Lines(run).Select(line => line.GetProperty("step").GetInt64()), Is.EqualTo(new[] { 4, 6, 8, 12 }));
        Assert.That(Lines(run)[1].EnumerateObject().Select(property => property.Name), Is.EqualTo(new[] { "step", "knn_accuracy", "probe_seconds" }));
        Assert.That(loop.Plan, Does.Contain("every 6 steps 24 frames of").And.Contain("1 neighbours"));
    }

    [Test]
    public void Resume_OtherProbe_IsAllowed()
    {
        string run = _folder.File("resumed");
        using (var loop = TinyRun.Open(TinyRun.Options with { Run = TinyRun.Options.Run with { StopAfterStep = 3 } }, run))
        {
            loop.Run();
        }

        using var resumed = TinyRun.Open(TinyRun.Options with { Probe = Probe(every: 4) }, run, resume: true);
        Assert.That(resumed.Run().Completed, Is.True);
        Assert.That(Lines(run)[^1].TryGetProperty("knn_accuracy", out _), Is.True);
    }

    [Test]
    public void Open_OneListOrSharedClips_IsRefusedBeforeAnythingIsWritten()
    {
        string run = _folder.File("refused");
        var one = TinyRun.Options with { Probe = new OnlineProbeOptions { Train = List("train") } };
        Assert.That(() => TinyRun.Open(one, run), Throws.TypeOf<ConfigurationException>().With.Message.Contains("train and test belong together"));
        var shared = TinyRun.Options with { Probe = new OnlineProbeOptions { Train = List("train"), Test = List("train") } };
        Assert.That(() => TinyRun.Open(shared, run), Throws.TypeOf<DataException>().With.Message.Contains("line 2"));
        Assert.That(Directory.Exists(run), Is.False);
    }

    private static string WithoutProbe(string line) => string.Join(' ', line.Split(' ').Where(part => !part.StartsWith("knn_accuracy=", StringComparison.Ordinal) && !part.StartsWith("probe_seconds=", StringComparison.Ordinal)));

    private OnlineProbeOptions Probe(int every) => new() { Train = List("train"), Test = List("test"), Every = every };

    private string List(string name) => Path.Combine(_folder.File(name), "manifest.csv");
}
