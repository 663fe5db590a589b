using EchoApex.Testing;
using EchoApex.Training.Dino;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Loop;

/// <summary>A step in parts, and a step whose activations are computed twice, are the step.</summary>
[NoTensorLeaks]
public sealed class AccumulationTests
{
    private const int Steps = 4;

    private static IEnumerable<TestCaseData> Runs()
    {
        foreach (var targets in Enum.GetValues<TeacherTargets>())
        {
            yield return new TestCaseData(Plain(TinyRun.With(TinyRun.Options, targets))).SetArgDisplayNames("dino", $"{targets}");
            yield return new TestCaseData(Plain(TinyRun.With(TinyRun.Dinov2, targets))).SetArgDisplayNames("dinov2", $"{targets}");
            yield return new TestCaseData(Plain(TinyRun.With(TinyRun.Dinov2Separate, targets))).SetArgDisplayNames("dinov2 with two heads", $"{targets}");
        }
    }

    [TestCaseSource(nameof(Runs))]
    public void Step_InTwoOrFourParts_GivesTheLossesAndWeightsOfOne(PretrainingOptions options)
    {
        var (losses, weights) = Train(options);
        foreach (int parts in new[] { 2, 4 })
        {
            var (inParts, weightsInParts) = Train(options with { Optimization = options.Optimization with { AccumulationSteps = parts } });
            AssertClose(losses, inParts);
            Assert.That(weightsInParts, Is.EqualTo(weights).Within(1e-4), $"weights in {parts} parts");
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Step_WithRecomputedActivations_GivesTheSameLossesAndWeights(bool dinov2)
    {
        var options = dinov2 ? TinyRun.Dinov2 : TinyRun.Options;
        Assert.That(options.Backbone.DropPathRate, Is.Positive, "stochastic depth must draw twice the same");
        var (losses, weights) = Train(options);
        var (again, weightsAgain) = Train(options with { Backbone = options.Backbone with { Recompute = true } });
        AssertClose(losses, again);
        Assert.That(weightsAgain, Is.EqualTo(weights).Within(1e-4));
    }

    [Test]
    public void Options_PartsThatDoNotDivideTheBatch_AreRefused()
    {
        var options = TinyRun.Options with { Optimization = TinyRun.Options.Optimization with { AccumulationSteps = 3 } };
        using var folder = new TemporaryFolder();
        Assert.That(() => TinyRun.Open(options, folder.File("run")), Throws.Exception.With.Message.Contains("3 does not divide batch_size 4"));
    }

    [Test]
    public void Options_KoLeoOverPartsOfOneSample_AreRefused()
    {
        var options = TinyRun.Options with { Optimization = TinyRun.Options.Optimization with { AccumulationSteps = 4 } };
        using var folder = new TemporaryFolder();
        Assert.That(() => TinyRun.Open(options, folder.File("run")), Throws.Exception.With.Message.Contains("in each part"));
    }

    // Without the three things that see a part alone. Sgd: AdamW would turn the rounding noise of a key bias into steps.
    private static PretrainingOptions Plain(PretrainingOptions options) => options with
    {
        Backbone = options.Backbone with { DropPathRate = 0 },
        Head = options.Head with { BatchNorm = false },
        Targets = options.Targets with { KoleoWeight = 0 },
        Optimization = options.Optimization with { Optimizer = OptimizerKind.Sgd },
    };

    private static (double[] Losses, float[] Weights) Train(PretrainingOptions options)
    {
        options = options with { Optimization = options.Optimization with { Optimizer = OptimizerKind.Sgd } };
        var schedules = new PretrainingSchedules(options, 1000);
        using SelfDistillationTrainer trainer = options.Stage == PretrainingStage.Dinov2 ? new Dinov2Trainer(options, schedules) : new DinoTrainer(options, schedules);
        using var scope = NewDisposeScope();
        int batch = options.Optimization.BatchSize;
        double[] losses = new double[Steps];
        for (int step = 0; step < Steps; step++)
        {
            manual_seed(step);
            var globals = randn(2 * batch, 3, options.Augmentation.Global.Size, options.Augmentation.Global.Size);
            var locals = randn(options.Augmentation.Local.Count * batch, 3, options.Augmentation.Local.Size, options.Augmentation.Local.Size);
            losses[step] = trainer.Step(step, globals, locals, diagnostics: true).Terms["loss"];
        }

        return (losses, [.. trainer.Weights().SelectMany(weight => weight.Value.detach().cpu().flatten().data<float>().ToArray())]);
    }

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.That(actual, Is.EqualTo(expected).Within(1e-5), "losses");
}
