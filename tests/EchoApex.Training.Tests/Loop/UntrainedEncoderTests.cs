using EchoApex.Core.Checkpoints;
using EchoApex.Testing;
using EchoApex.Training.Loop;
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
}
