using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Testing;
using EchoApex.Training.Loop;
using static TorchSharp.torch;
using static EchoApex.Training.Tests.Loop.RunFiles;

namespace EchoApex.Training.Tests.Loop;

[NoTensorLeaks]
[NonParallelizable]
public sealed class UntrainedEncoderTests
{
    [TestCase(BackboneInitializationKind.Reference, "reference", false)]
    [TestCase(BackboneInitializationKind.FanIn, "fan_in", false)]
    [TestCase(BackboneInitializationKind.FanIn, "fan_in", true)]
    public void Create_FromTheModelFolderOfARun_HasTheWeightsThatTheRunBeganWith(BackboneInitializationKind kind, string name, bool dinov2)
    {
        using var folder = new TemporaryFolder();
        var options = dinov2 ? TinyRun.Dinov2 : TinyRun.Options;
        options = options with { Backbone = options.Backbone with { Initialization = kind }, Run = options.Run with { StopAfterStep = 2 } };
        using var start = TinyRun.Open(options with { Run = options.Run with { StopAfterStep = 0 } }, folder.File("start"));
        using var loop = TinyRun.Open(options, folder.File("run"));
        using var model = ModelFolder.Load(loop.Run().Model);
        Assert.That((model.Info.Training["initialization"], model.Info.Training["seed"]), Is.EqualTo((name, "11")));
        using var untrained = UntrainedEncoder.Create(model.Backbone.Config, kind, 11);
        Assert.That(Values(untrained), Is.EqualTo(Values(start.Trainer.TeacherBackbone)));
        Assert.That(Values(untrained), Is.Not.EqualTo(Values(model.Backbone)));
        using var other = UntrainedEncoder.Create(model.Backbone.Config, kind, 12);
        Assert.That(Values(other), Is.Not.EqualTo(Values(untrained)));
    }

    [Test]
    public void Create_ZeroResidual_SilencesTheLastGainOfEachBlockAndNothingElse()
    {
        var config = TinyRun.ResNet.Backbone.ToConfig(PretrainingStage.Dino, forTeacher: true);
        using var usual = UntrainedEncoder.Create(config, BackboneInitializationKind.Reference, 11);
        using var silent = UntrainedEncoder.Create(config, BackboneInitializationKind.ZeroResidual, 11);
        var others = silent.Module.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        foreach (var (name, parameter) in usual.Module.named_parameters())
        {
            bool last = name.EndsWith(".bn3.weight", StringComparison.Ordinal);
            Assert.That(others[name].data<float>().ToArray(), last ? Is.All.Zero : Is.EqualTo(parameter.data<float>().ToArray()), name);
        }

        Assert.That(others.Keys.Count(name => name.EndsWith(".bn3.weight", StringComparison.Ordinal)), Is.EqualTo(4), "a block in each stage");
    }

    [Test]
    public void MeasureStatistics_OfABatchShownOften_NormalisesThatBatchAsTrainingDoes()
    {
        var config = TinyRun.ResNet.Backbone.ToConfig(PretrainingStage.Dino, forTeacher: true);
        using var backbone = UntrainedEncoder.Create(config, BackboneInitializationKind.ZeroResidual, 11);
        using var images_BCHW = GoldenCase.FillTensor("images", [8, 3, 64, 64], 1, 0);
        float[] weights = Parameters(backbone);
        UntrainedEncoder.MeasureStatistics(backbone, Enumerable.Range(0, 60).Select(_ => images_BCHW.alias()));
        Assert.That(Parameters(backbone), Is.EqualTo(weights));
        Assert.That(backbone.Module.training, Is.False);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var measured = backbone.Extract(images_BCHW);
        backbone.Module.train();
        using var trained = backbone.Extract(images_BCHW);

        // The running variance is the unbiased one: over the 8 images of a map of 2 x 2 pixels that is 32 / 31.
        double relative = (measured.Cls - trained.Cls).norm().item<float>() / trained.Cls.norm().item<float>();
        Assert.That(relative, Is.LessThan(0.05));
    }

    private static float[] Parameters(IBackbone backbone) => [.. backbone.Module.parameters().SelectMany(parameter => parameter.data<float>().ToArray())];
}
