using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Loop;
using EchoApex.Training.SelfDistillation;
using static EchoApex.Training.Tests.Loop.RunFiles;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Loop;

/// <summary>The second stage from the first: encoder, LayerScale, mask token, heads.</summary>
[NoTensorLeaks]
[NonParallelizable]
public sealed class StartingWeightsTests
{
    // Stage dino with the encoder of stage dinov2, so that one goes on with the other.
    private static readonly PretrainingOptions FirstStage = TinyRun.Options with
    {
        Augmentation = TinyRun.Dinov2.Augmentation,
        Backbone = TinyRun.Options.Backbone with { ImageSize = 32 },
        Run = TinyRun.Options.Run with { StopAfterStep = 6 },
    };

    [Test]
    public void Start_RunOfStageDino_SetsLayerScaleToOneAndTheMaskTokenToZero()
    {
        using var folder = new TemporaryFolder();
        Train(FirstStage, folder.File("first"));
        var options = TinyRun.Dinov2 with { Backbone = TinyRun.Dinov2.Backbone with { LayerScale = 1e-5, Weights = folder.File("first") } };
        using var loop = TinyRun.Open(options, folder.File("second"));
        using var model = ModelFolder.Load(Path.Combine(folder.File("first"), "model"));
        foreach (var network in new[] { loop.Trainer.Pair.Student, loop.Trainer.Pair.Teacher })
        {
            var state = network.Backbone.Module.state_dict();
            Assert.That(state.Where(entry => entry.Key.EndsWith("gamma", StringComparison.Ordinal)).SelectMany(entry => Numbers(entry.Value)), Has.Exactly(4 * 16).EqualTo(1f), "2 blocks x 2 branches x 16");
            Assert.That(Numbers(state["mask_token"]), Is.All.Zero);
            Assert.That(Features(network.Backbone), Is.EqualTo(Features(model.Backbone)).Within(1e-6), "the very encoder of the first stage");
        }

        Assert.That(loop.Plan, Does.Contain("start: encoder from " + folder.File("first") + ", fresh head"));
        Assert.That(loop.Run().Completed, Is.True);
    }

    [Test]
    public void Start_NoLayerScaleAskedFor_BuildsWithoutIt()
    {
        using var folder = new TemporaryFolder();
        Train(FirstStage, folder.File("first"));
        var options = TinyRun.Dinov2 with { Backbone = TinyRun.Dinov2.Backbone with { LayerScale = null, Weights = Path.Combine(folder.File("first"), "model") } };
        using var loop = TinyRun.Open(options, folder.File("second"));
        using var model = ModelFolder.Load(Path.Combine(folder.File("first"), "model"));
        Assert.That(loop.Trainer.TeacherBackbone.Module.state_dict().Keys, Has.None.Contains("gamma"));
        Assert.That(Features(loop.Trainer.Pair.Student.Backbone), Is.EqualTo(Features(model.Backbone)).Within(1e-6));
    }

    [Test]
    public void Start_ModelOfStageDinov2_KeepsItsLayerScaleAndMaskToken()
    {
        using var folder = new TemporaryFolder();
        var options = TinyRun.Dinov2 with { Run = FirstStage.Run };
        Train(options, folder.File("first"));
        using var loop = TinyRun.Open(options with { Backbone = options.Backbone with { Weights = folder.File("first") } }, folder.File("second"));
        using var model = ModelFolder.Load(Path.Combine(folder.File("first"), "model"));
        Assert.That(Values(loop.Trainer.Pair.Student.Backbone), Is.EqualTo(Values(model.Backbone)));
        Assert.That(Numbers(loop.Trainer.Pair.Student.Backbone.Module.state_dict()["mask_token"]), Has.Some.Not.Zero);
    }

    [Test]
    public void Start_StageDinoFromDinov2_DropsTheMaskTokenAndAsksForLayerScale()
    {
        using var folder = new TemporaryFolder();
        Train(TinyRun.Dinov2 with { Run = FirstStage.Run }, folder.File("first"));
        var options = FirstStage with { Backbone = FirstStage.Backbone with { Weights = folder.File("first") } };
        Assert.That(() => TinyRun.Open(options, folder.File("a")), Throws.TypeOf<CheckpointException>().With.Message.Contains("backbone.layer_scale"));
        using var loop = TinyRun.Open(options with { Backbone = options.Backbone with { LayerScale = 1e-5 } }, folder.File("b"));
        using var model = ModelFolder.Load(Path.Combine(folder.File("first"), "model"));
        Assert.That(Features(loop.Trainer.TeacherBackbone), Is.EqualTo(Features(model.Backbone)).Within(1e-6));
    }

    // Stopped once, which exports its model, then resumed and killed after a later checkpoint.
    [Test]
    public void Start_RunThatWentOnAfterItsExport_TakesEncoderAndHeadOfOneStep()
    {
        using var folder = new TemporaryFolder();
        var stopped = FirstStage with { Run = FirstStage.Run with { StopAfterStep = 3 } };
        Train(stopped, folder.File("first"));
        string model = Path.Combine(folder.File("first"), "model"), aside = folder.File("aside");
        Directory.Move(model, aside);
        using var first = TinyRun.Open(FirstStage, folder.File("first"), resume: true);
        first.Run();
        Directory.Delete(model, recursive: true);
        var options = TinyRun.Dinov2 with
        {
            Backbone = TinyRun.Dinov2.Backbone with { LayerScale = null, Weights = folder.File("first") },
            Head = TinyRun.Dinov2.Head with { Weights = folder.File("first") },
        };
        using (var killed = TinyRun.Open(options, folder.File("second")))
        {
            Assert.That(Features(killed.Trainer.Pair.Student.Backbone), Is.EqualTo(Features(first.Trainer.TeacherBackbone)).Within(1e-6), "a run without a model starts from its checkpoint");
        }

        Directory.Move(aside, model);
        using var loop = TinyRun.Open(options, folder.File("third"));
        Assert.That(Features(loop.Trainer.Pair.Student.Backbone), Is.EqualTo(Features(first.Trainer.TeacherBackbone)).Within(1e-6), "and so does one whose model is older");
        Assert.That(HeadValues(loop.Trainer.Pair.Student.Head), Is.EqualTo(HeadValues(first.Trainer.Pair.Teacher.Head)));
    }

    [Test]
    public void Start_HeadOfARun_IsItsTeachersHead()
    {
        using var folder = new TemporaryFolder();
        using var first = TinyRun.Open(FirstStage, folder.File("first"));
        first.Run();
        float[] expected = HeadValues(first.Trainer.Pair.Teacher.Head);
        var options = TinyRun.Dinov2 with { Head = TinyRun.Dinov2.Head with { Weights = folder.File("first") } };
        using (var loop = TinyRun.Open(options, folder.File("shared")))
        {
            Assert.That(HeadValues(loop.Trainer.Pair.Student.Head), Is.EqualTo(expected));
            Assert.That(HeadValues(loop.Trainer.Pair.Teacher.Head), Is.EqualTo(expected));
        }

        // A separate patch head starts from its like, or from the cls head of a run that had none.
        var separate = options with { Head = TinyRun.Dinov2.Head, Ibot = options.Ibot with { SeparateHead = true, Head = TinyRun.Dinov2.Head with { BatchNorm = false, Weights = folder.File("plain") } } };
        Train(FirstStage with { Head = FirstStage.Head with { BatchNorm = false } }, folder.File("plain"));
        using (var loop = TinyRun.Open(separate, folder.File("separate")))
        {
            Assert.That(HeadValues(loop.Trainer.Pair.Student.PatchHead!), Is.EqualTo(HeadValues(loop.Trainer.Pair.Teacher.PatchHead!)));
            Assert.That(loop.Trainer.Pair.Student.PatchHead!.Options.Prototypes, Is.EqualTo(16));
        }
    }

    [Test]
    public void Start_WrongSources_AreOneErrorEach()
    {
        using var folder = new TemporaryFolder();
        Train(FirstStage, folder.File("first"));
        Directory.CreateDirectory(folder.File("empty"));
        var tiny = TinyRun.Dinov2;
        (string Message, PretrainingOptions Options)[] cases =
        [
            ("neither a model folder nor a run", tiny with { Backbone = tiny.Backbone with { Weights = folder.File("empty") } }),
            ("has no checkpoint of a run", tiny with { Head = tiny.Head with { Weights = folder.File("empty") } }),
            ("architecture and image_size", tiny with { Backbone = tiny.Backbone with { EmbedDim = 24, Weights = folder.File("first") } }),
            ("Give the head the sizes of that run", tiny with { Head = tiny.Head with { Prototypes = 20, Weights = folder.File("first") } }),
        ];
        for (int i = 0; i < cases.Length; i++)
        {
            Assert.That(() => TinyRun.Open(cases[i].Options, folder.File($"run{i}")), Throws.TypeOf<CheckpointException>().With.Message.Contains(cases[i].Message));
        }
    }

    private static void Train(PretrainingOptions options, string run)
    {
        using var loop = TinyRun.Open(options, run);
        loop.Run();
    }

    private static float[] Numbers(Tensor value)
    {
        using var detached = value.detach();
        return [.. detached.data<float>()];
    }

    private static float[] HeadValues(ProjectionHead head) => [.. head.state_dict().Where(entry => entry.Value.dtype == float32).SelectMany(entry => Numbers(entry.Value))];

    private static float[] Features(Core.Backbones.IBackbone backbone)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        bool training = backbone.Module.training;
        backbone.Module.eval();
        using var features = backbone.Extract(GoldenCase.FillTensor("starting weights", [2, 3, 32, 32], 1, 0));
        backbone.Module.train(training);
        return [.. features.Cls.contiguous().data<float>()];
    }
}
