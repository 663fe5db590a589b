using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Loop;
using static EchoApex.Training.Tests.Loop.RunFiles;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Loop;

/// <summary>Stage dinov2 under the same loop: run folder, resume, export, memory, divergence.</summary>
[NoTensorLeaks]
[NonParallelizable]
public sealed class Dinov2LoopTests
{
    private static PretrainingOptions Of(string kind) => kind == "shared" ? TinyRun.Dinov2 : TinyRun.Dinov2Separate;

    [TestCase("shared", 5)]
    [TestCase("separate", 7)]
    public void Run_CancelledAndResumed_EqualsAnUninterruptedRunToTheBit(string kind, int cancelAt)
    {
        using var folder = new TemporaryFolder();
        var options = Of(kind);
        using (var whole = TinyRun.Open(options, folder.File("whole")))
        {
            Assert.That(whole.Run().Completed, Is.True);
        }

        using var source = new CancellationTokenSource();
        using (var first = TinyRun.Open(options, folder.File("parts")))
        {
            var outcome = first.Run(new RecordingProgress(report =>
            {
                if (report.Step == cancelAt)
                {
                    source.Cancel();
                }
            }), source.Token);
            Assert.That((outcome.Completed, outcome.Step), Is.EqualTo((false, (long)cancelAt)));
        }

        using (var second = TinyRun.Open(options, folder.File("parts"), resume: true))
        {
            Assert.That(second.StartStep, Is.EqualTo(cancelAt));
            Assert.That(second.Run().Completed, Is.True);
        }

        Assert.That(State(folder.File("parts"), 12), Is.EqualTo(State(folder.File("whole"), 12)), "student, teacher, optimizer, centers and their pending updates");
        Assert.That(Numbers(folder.File("parts")), Is.EqualTo(Numbers(folder.File("whole"))), "metrics");
    }

    [Test]
    public void Run_ToTheEnd_WritesMetricsUnderTheReferenceNamesAndAPlan()
    {
        using var folder = new TemporaryFolder();
        using var loop = TinyRun.Open(TinyRun.Dinov2, folder.File("run"));
        var outcome = loop.Run();
        string[] expected =
        [
            "loss", "total_loss", "dino_local_crops_loss", "dino_global_crops_loss", "koleo_loss", "ibot_loss", "masked_patches", "gradient_norm", "gradient_norm_backbone",
            "gradient_norm_head", "learning_rate", "weight_decay", "teacher_momentum", "teacher_temperature", "teacher_entropy", "teacher_kl_to_uniform", "center_norm",
            "ibot_center_norm", "prototype_usage", "feature_rank", "feature_std", "share_teacher", "memory_mib",
        ];
        var lines = Lines(folder.File("run"));
        Assert.That(lines[^1].EnumerateObject().Select(property => property.Name), Is.SupersetOf(expected));
        Assert.That(lines.Any(line => line.TryGetProperty("ibot_teacher_entropy", out _) && line.TryGetProperty("ibot_teacher_kl_to_uniform", out _)), Is.True);
        Assert.That(lines.Select(line => line.GetProperty("masked_patches").GetDouble()).Distinct().Count(), Is.GreaterThan(1), "masks are drawn anew each step");
        Assert.That(loop.Plan, Does.Contain("method: DINOv2, loss = 1 x cls + 1 x hidden patches (shared head) + 0.1 x KoLeo"));
        using var tensors = SafetensorsFile.Open(Path.Combine(outcome.Checkpoint, "state.safetensors"));
        Assert.That(tensors.Tensors.Keys, Is.SupersetOf(new[] { "loss.dino.center", "loss.dino.pending_mean", "loss.ibot.center", "loss.ibot.pending_mean" }));
    }

    [Test]
    public void Run_ToTheEnd_ExportsTheTeacher()
    {
        using var folder = new TemporaryFolder();
        using var loop = TinyRun.Open(TinyRun.Dinov2Separate with { Run = TinyRun.Options.Run with { StopAfterStep = 2 } }, folder.File("run"));
        using var model = ModelFolder.Load(loop.Run().Model);
        Assert.Multiple(() =>
        {
            Assert.That(model.Info.Training["method"], Is.EqualTo("DINOv2"));
            Assert.That((model.Backbone.Config.Registers, model.Backbone.Config.MaskToken, model.Backbone.Config.LayerScale), Is.EqualTo((4, true, (double?)0.1)));
            Assert.That(Values(model.Backbone), Is.EqualTo(Values(loop.Trainer.TeacherBackbone)));
            Assert.That(Values(model.Backbone), Is.Not.EqualTo(Values(loop.Trainer.Pair.Student.Backbone)), "the teacher, not the student");
        });
    }

    [Test]
    public void Run_HundredSteps_KeepsTheNumberOfTensors()
    {
        using var folder = new TemporaryFolder();
        var progress = new RecordingProgress();
        using var loop = TinyRun.Open(TinyRun.Dinov2 with { Optimization = TinyRun.Dinov2.Optimization with { Epochs = 34 }, Run = TinyRun.Options.Run with { CheckpointEvery = 25 } }, folder.File("run"));
        loop.Run(progress);
        Assert.That(progress.Reports.Skip(1).Select(report => report.LiveTensors).Distinct().Count(), Is.EqualTo(1), "live tensors never change");
    }

    [Test]
    public void Run_NonFiniteLoss_StopsBeforeTheStepWithACapture()
    {
        using var folder = new TemporaryFolder();
        using var loop = TinyRun.Open(TinyRun.Dinov2Separate, folder.File("run"));
        float[] before = [];
        var error = Assert.Throws<TrainingDivergedException>(() => loop.Run(new RecordingProgress(report =>
        {
            if (report.Step == 2)
            {
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                loop.Trainer.Pair.Student.NamedParameters().First(entry => entry.Name == "ibot_head.mlp.0.bias").Parameter.fill_(double.NaN);
                before = Values(loop.Trainer.Pair.Student.Backbone);
            }
        })))!;
        Assert.That(error.Step, Is.EqualTo(3));
        Assert.That(error.Terms["ibot_loss"], Is.NaN);
        Assert.That(Values(loop.Trainer.Pair.Student.Backbone), Is.EqualTo(before), "no optimizer step");
        Assert.That(File.Exists(Path.Combine(error.Capture, "batch.safetensors")), Is.True);
    }

    private static readonly object[] Impossible =
    [
        new object[] { "dinov2 needs patch tokens", TinyRun.Dinov2 with { Backbone = new BackboneOptions { Architecture = "resnet50", DropPathRate = 0 } } },
        new object[] { "both 0", TinyRun.Dinov2 with { Targets = TinyRun.Dinov2.Targets with { DinoWeight = 0 }, Ibot = TinyRun.Dinov2.Ibot with { Weight = 0 } } },
        new object[] { "multiple of the patch size", TinyRun.Dinov2 with { Augmentation = TinyRun.Dinov2.Augmentation with { Global = TinyRun.Dinov2.Augmentation.Global with { Size = 30 } } } },
        new object[] { "for a shared head", TinyRun.Dinov2Separate with { Ibot = TinyRun.Dinov2Separate.Ibot with { Head = TinyRun.Dinov2Separate.Ibot.Head with { BatchNorm = true } } } },
        new object[] { "above the largest share", TinyRun.Dinov2 with { Ibot = new IbotOptions { Masks = new BlockMaskOptions { MinimumRatio = 0.6 } } } },
    ];

    [TestCaseSource(nameof(Impossible))]
    public void Constructor_ImpossibleOptions_SaysWhy(string message, PretrainingOptions options)
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => TinyRun.Open(options, folder.File("run")), Throws.TypeOf<ConfigurationException>().With.Message.Contains(message));
    }

    [Test]
    public void Constructor_Stage_ChoosesTheTrainer()
    {
        using var folder = new TemporaryFolder();
        using var first = TinyRun.Open(TinyRun.Options, folder.File("one"));
        using var second = TinyRun.Open(TinyRun.Dinov2, folder.File("two"));
        Assert.That(first.Trainer, Is.TypeOf<DinoTrainer>());
        Assert.That(second.Trainer, Is.TypeOf<Dinov2Trainer>());
    }
}
