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

    [Test]
    public void FeatureSpread_KnownClouds_IsExactWhateverTheLengths()
    {
        using var scope = NewDisposeScope();
        using var axes = tensor(new float[,] { { 3, 0 }, { -1, 0 }, { 0, 2 }, { 0, -5 } });
        using var same = ones(5, 3);
        using var opposite = tensor(new float[,] { { 1, 0, 0, 0 }, { -7, 0, 0, 0 } });
        Assert.That(FeatureSpread.Of(axes), Is.EqualTo(1).Within(1e-6), "everywhere alike");
        Assert.That(FeatureSpread.Of(same), Is.EqualTo(0).Within(1e-6), "one direction");
        Assert.That(FeatureSpread.Of(opposite), Is.EqualTo(0.5).Within(1e-6), "one of four dimensions");
        Assert.That(FeatureSpread.Of(NormalCloud()), Is.InRange(0.97, 1.0), "no direction is preferred");
    }

    [Test]
    public void PrototypeUsage_Winners_CountForAHundredSteps()
    {
        using var usage = new PrototypeUsage(8);
        Assert.That(usage.ShareAt(0, 2), Is.Zero);
        Observe(usage, 0, 3, 5);
        Assert.That(usage.ShareAt(0, 2), Is.EqualTo(1), "two rows cannot use more than two prototypes");
        Observe(usage, 1, 3, 3);
        Assert.That(usage.ShareAt(1, 2), Is.EqualTo(2 / 4.0));
        Observe(usage, 10, 7, 7);
        Assert.That(usage.ShareAt(10, 2), Is.EqualTo(3 / 8.0));
        Assert.That(usage.ShareAt(100, 2), Is.EqualTo(2 / 8.0), "5 has not won since step 0");
        Assert.That(usage.ShareAt(101, 2), Is.EqualTo(1 / 8.0));
    }

    [Test]
    public void StepClock_Phases_ShareTheTimeAndStartAgain()
    {
        long now = 1000;
        var clock = new StepClock(() => now);
        foreach (var (phase, ticks) in new[] { (StepPhase.Data, 10), (StepPhase.Teacher, 20), (StepPhase.Student, 40), (StepPhase.Backward, 80), (StepPhase.Reduction, 10), (StepPhase.Optimizer, 20), (StepPhase.Data, 10), (StepPhase.Other, 10) })
        {
            clock.Enter(phase);
            now += ticks;
        }

        var expected = new Dictionary<string, double>
        {
            ["share_other"] = 0.05, ["share_data"] = 0.1, ["share_teacher"] = 0.1, ["share_student"] = 0.2, ["share_backward"] = 0.4, ["share_reduction"] = 0.05, ["share_optimizer"] = 0.1,
        };
        Assert.That(clock.Take(), Is.EquivalentTo(expected));
        Assert.That(clock.Take(), Is.Empty, "no time has passed");
        clock.Enter(StepPhase.Backward);
        now += 7;
        Assert.That(clock.Take()["share_backward"], Is.EqualTo(1));
    }

    private static void Observe(PrototypeUsage usage, long step, params long[] winners)
    {
        using var winners_R = tensor(winners);
        usage.Observe(winners_R, step);
    }

    private static Tensor NormalCloud()
    {
        var random = new Core.Runtime.RandomStream(3);
        return tensor(Enumerable.Range(0, 400 * 16).Select(_ => (float)random.NextNormal()).ToArray()).view(400, 16);
    }
}
