using EchoApex.Testing;
using EchoApex.Training.Monitoring;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Monitoring;

[NoTensorLeaks]
public sealed class MonitoringTests
{
    [Test]
    public void Write_Lines_AreJsonWithoutInfinities()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new MetricsWriter(folder.File("m.jsonl"), 0))
        {
            writer.Write(1, new Dictionary<string, double> { ["loss"] = 0.1, ["bad"] = double.NaN });
            Assert.That(File.ReadAllText(folder.File("m.jsonl")), Is.EqualTo("{\"step\":1,\"loss\":0.1,\"bad\":null}\n"), "written at once");
        }
    }

    [Test]
    public void Constructor_ExistingFile_DropsWhatCameAfterTheResumedStep()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("m.jsonl"), "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"ste");
        using (var writer = new MetricsWriter(folder.File("m.jsonl"), 2))
        {
            writer.Write(3, new Dictionary<string, double> { ["loss"] = 5 });
        }

        Assert.That(File.ReadAllText(folder.File("m.jsonl")), Is.EqualTo("{\"step\":1}\n{\"step\":2}\n{\"step\":3,\"loss\":5}\n"));
    }

    [Test]
    public void TensorBoard_Values_LieInAnEventFile()
    {
        using var folder = new TemporaryFolder();
        new TensorBoardWriter(folder.File("events")).Write(7, new Dictionary<string, double> { ["loss"] = 2.5, ["bad"] = double.NaN });
        string text = File.ReadAllText(Directory.GetFiles(folder.File("events")).Single(), System.Text.Encoding.Latin1);
        Assert.That(text, Does.Contain("brain.Event:2").And.Contain("train/loss").And.Not.Contain("train/bad"));
    }

    [Test]
    public void EffectiveRank_KnownSpectra_IsExact()
    {
        using var line = tensor(new float[,] { { 0 }, { 1 }, { 2 }, { 5 } });
        using var direction = tensor(new float[,] { { 1, -2, 3 } });
        using var collinear = line * direction;
        using var cross = tensor(new float[,] { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } });
        using var same = ones(5, 3);
        Assert.That(EffectiveRank.Of(collinear), Is.EqualTo(1).Within(1e-5));
        Assert.That(EffectiveRank.Of(cross), Is.EqualTo(2).Within(1e-9));
        Assert.That(EffectiveRank.Of(same), Is.Zero);
    }

    [TestCase(6.23, 0.0, 10, "uniform")]
    [TestCase(0.1, 6.2, 10, "one prototype")]
    [TestCase(3.0, 1.0, 1.1, "one direction")]
    public void Observe_LastingFault_SpeaksOnceUntilItWasGone(double entropy, double divergence, double rank, string words)
    {
        var monitor = new CollapseMonitor(512);
        Assert.That(monitor.Observe(entropy, divergence, rank), Is.Null);
        Assert.That(monitor.Observe(entropy, divergence, rank), Is.Null);
        Assert.That(monitor.Observe(entropy, divergence, rank), Does.Contain(words));
        Assert.That(monitor.Observe(entropy, divergence, rank), Is.Null);
        Assert.That(monitor.Observe(3, 1, 10), Is.Null);
        monitor.Observe(entropy, divergence, rank);
        monitor.Observe(entropy, divergence, rank);
        Assert.That(monitor.Observe(entropy, divergence, rank), Is.Not.Null);
    }

    [Test]
    public void Observe_HealthyRun_IsSilent() =>
        Assert.That(Enumerable.Range(0, 10).Select(_ => new CollapseMonitor(512).Observe(5.2, 2.1, 8)), Has.All.Null);
}
