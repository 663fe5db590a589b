using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Loop;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Loop;

[NoTensorLeaks]
[NonParallelizable]
public sealed class StepReplayTests
{
    private const string FirstLayer = "head.mlp.0.weight";
    private const string LastLayer = "head.mlp.4.weight";

    private static IEnumerable<TestCaseData> Stages =>
    [
        new TestCaseData(TinyRun.Options).SetArgDisplayNames("dino"),
        new TestCaseData(TinyRun.Dinov2).SetArgDisplayNames("dinov2"),
    ];

    // The warm-up is left out and weight decay scales by the learning rate, so weights grow a thousandfold a step.
    [TestCaseSource(nameof(Stages))]
    public void Run_DivergedByAnAbsurdLearningRate_HasTheSameTerms(PretrainingOptions options)
    {
        using var folder = new TemporaryFolder();
        var absurd = options with
        {
            Optimization = options.Optimization with { LearningRate = 100, LearningRateRule = "constant", WarmupEpochs = 0, FinalLearningRate = 100, WeightDecay = 10, FinalWeightDecay = 10, Epochs = 10 },
        };
        var error = Diverge(absurd, folder.File("run"), poison: null);
        Assert.That(error.Step, Is.GreaterThan(1));
        var report = StepReplay.Run(error.Capture);
        Assert.Multiple(() =>
        {
            Assert.That(report.Step, Is.EqualTo(error.Step));
            Assert.That(report.Replayed, Is.EqualTo(error.Terms));
            Assert.That(report.Recorded, Is.EqualTo(error.Terms));
            Assert.That(report.Reproduced, Is.True);
            Assert.That(report.FirstNonFiniteTerm, Is.Not.Null);
            Assert.That(report.NonFiniteGradients, Is.Not.Empty);
            Assert.That(report.NonFiniteInputs, Is.Empty);
            Assert.That(report.Samples, Has.Count.EqualTo(4));
        });
    }

    // A finite loss with gradients that are not: its terms depend on the centers, which must be those from before the step.
    [TestCaseSource(nameof(Stages))]
    public void Run_NonFiniteGradientsOfAFiniteLoss_RepeatsTheLossAndNamesTheGradients(PretrainingOptions options)
    {
        using var folder = new TemporaryFolder();
        var error = Diverge(WithoutBatchNorm(options), folder.File("run"), HugeActivations);
        Assert.That(double.IsFinite(error.Terms["loss"]), Is.True);
        var report = StepReplay.Run(error.Capture);
        Assert.Multiple(() =>
        {
            Assert.That(report.Replayed, Is.EqualTo(error.Terms));
            Assert.That(report.Reproduced, Is.True);
            Assert.That(report.FirstNonFiniteTerm, Is.EqualTo("gradient_norm"));
            Assert.That(report.NonFiniteWeights, Is.Empty);
            Assert.That(report.NonFiniteGradients, Is.EqualTo(new[] { LastLayer }));
        });
    }

    [TestCaseSource(nameof(Stages))]
    public void Run_InfiniteWeight_IsNamed(PretrainingOptions options)
    {
        using var folder = new TemporaryFolder();
        var error = Diverge(options, folder.File("run"), trainer => Change(trainer, "backbone.blocks.1.mlp.fc1.bias", bias => bias.fill_(double.PositiveInfinity)));
        var report = StepReplay.Run(error.Capture);
        Assert.Multiple(() =>
        {
            Assert.That(report.NonFiniteWeights, Is.EqualTo(new[] { "student.backbone.blocks.1.mlp.fc1.bias" }));
            Assert.That(report.FirstNonFiniteTerm, Is.EqualTo(options.Stage == PretrainingStage.Dino ? "dino" : "dino_local_crops_loss"));
            Assert.That(report.Reproduced, Is.True);
            Assert.That(report.NonFiniteGradients, Does.Contain("backbone.blocks.0.attn.qkv.weight"));
        });
    }

    [Test]
    public void Run_OtherBatch_IsNotReproducedAndTheInputIsNamed()
    {
        using var folder = new TemporaryFolder();
        string capture = Capture(folder);
        using (var scope = NewDisposeScope())
        {
            var globals = full([8, 3, 16, 16], double.NaN, dtype: float32);
            SafetensorsWriter.Write(Path.Combine(capture, "batch.safetensors"), new Dictionary<string, Tensor> { ["globals"] = globals, ["locals"] = zeros([8, 3, 8, 8]) });
        }

        var report = StepReplay.Run(capture);
        Assert.That(report.NonFiniteInputs, Is.EqualTo(new[] { "globals" }));
        Assert.That(report.Reproduced, Is.False);
    }

    [TestCase("config.yaml")]
    [TestCase("terms.json")]
    [TestCase("state.json")]
    [TestCase("state.safetensors")]
    [TestCase("batch.safetensors")]
    public void Run_MissingOrTruncatedFile_IsOneError(string name)
    {
        using var folder = new TemporaryFolder();
        string capture = Capture(folder);
        string file = Path.Combine(capture, name);
        byte[] whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, whole[..(whole.Length / 2)]);
        if (name != "config.yaml")
        {
            Assert.That(() => StepReplay.Run(capture), Throws.InstanceOf<EchoApexException>(), "cut in half");
        }

        File.Delete(file);
        Assert.That(() => StepReplay.Run(capture), Throws.TypeOf<CheckpointException>().With.Message.Contains(name), "missing");
    }

    [Test]
    public void Run_BatchOfOtherShape_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string capture = Capture(folder);
        using (var scope = NewDisposeScope())
        {
            SafetensorsWriter.Write(Path.Combine(capture, "batch.safetensors"), new Dictionary<string, Tensor> { ["globals"] = zeros([7, 3, 16, 16]) });
        }

        Assert.That(() => StepReplay.Run(capture), Throws.TypeOf<CheckpointException>().With.Message.Contains("[8, 3, 16, 16]").And.Message.Contains("[7, 3, 16, 16]"));
    }

    private static string Capture(TemporaryFolder folder) =>
        Diverge(WithoutBatchNorm(TinyRun.Options), folder.File("run"), HugeActivations).Capture;

    private static PretrainingOptions WithoutBatchNorm(PretrainingOptions options) => options with { Head = options.Head with { BatchNorm = false } };

    // The head's output keeps its size, but the gradient of its last layer grows with the activations before it.
    private static void HugeActivations(SelfDistillationTrainer trainer)
    {
        Change(trainer, FirstLayer, weight => weight.TimesInPlace(1e21));
        Change(trainer, LastLayer, weight => weight.TimesInPlace(1e-21));
    }

    private static TrainingDivergedException Diverge(PretrainingOptions options, string run, Action<SelfDistillationTrainer>? poison)
    {
        using var loop = TinyRun.Open(options, run);
        var progress = new RecordingProgress(report =>
        {
            if (report.Step == 4)
            {
                poison?.Invoke(loop.Trainer);
            }
        });
        return Assert.Throws<TrainingDivergedException>(() => loop.Run(progress))!;
    }

    private static void Change(SelfDistillationTrainer trainer, string name, Action<Tensor> change)
    {
        using var noGrad = no_grad();
        change(trainer.Pair.Student.NamedParameters().First(entry => entry.Name == name).Parameter);
    }
}
