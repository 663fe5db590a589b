using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>finetune and evaluate, end to end, on a replica of each public data set in its published layout, damaged rows included.</summary>
[NoTensorLeaks]
public sealed class PublicSetFinetuneTests : IDisposable
{
    private static readonly ReplicaOptions Small = new() { Count = 10, ImageSize = 64, Frames = 6 };
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public PublicSetFinetuneTests()
    {
        var config = new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
        using var backbone = BackboneFactory.Create(config, new RandomStream(1));
        _model = _folder.File("tiny");
        ModelFolder.Save(_model, backbone, new Preprocessing { ImageSize = 32, Normalization = Normalization.Image }, new ModelInfo { Name = "tiny" });
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void EchoNetDynamic_EjectionFraction_RunsEndToEnd()
    {
        EchoNetDynamicReplica.Write(_folder.File("dynamic"), Small);
        Check("ef", "dynamic", "mae_percent", "left out of", "ef.windows.frames=4", "ef.head.width=24");
    }

    [Test]
    public void EchoNetDynamic_Segmentation_RunsEndToEnd()
    {
        EchoNetDynamicReplica.Write(_folder.File("dynamic-masks"), Small);
        Check("segment", "dynamic-masks", "dice_mean_box", "left out of", "segment.head.embed_dim=32", "segment.head.heads=2", "segment.head.mlp_dim=32");
    }

    [Test]
    public void EchoNetPediatric_EjectionFraction_RunsEndToEnd()
    {
        EchoNetPediatricReplica.Write(_folder.File("pediatric"), Small with { Count = 20 });
        Check("ef", "pediatric", "mae_percent", "left out of", "ef.windows.frames=4", "ef.head.width=24");
    }

    [Test]
    public void EchoNetLvh_Measurement_RunsEndToEnd()
    {
        EchoNetLvhReplica.Write(_folder.File("lvh"), Small);
        Check("measure", "lvh", "mae_lvid_mm", "left out of", "measure.head.width=16", "measure.head.stem_width=16");
    }

    [TestCase("segment", "dice_mean_point")]
    [TestCase("ef", "mae_percent")]
    [TestCase("view", "balanced_accuracy")]
    public void Camus_AllThatItHas_RunsEndToEnd(string task, string figure)
    {
        CamusReplica.WriteNifti(_folder.File($"camus-{task}"), Small);
        Check(task, $"camus-{task}", figure, null, "segment.head.embed_dim=32", "segment.head.heads=2", "segment.head.mlp_dim=32", "ef.windows.frames=4", "ef.head.width=24");
    }

    [Test]
    public void Tmed2_Views_RunsEndToEnd()
    {
        Tmed2Replica.Write(_folder.File("tmed2"), Small with { Count = 30 });
        Check("view", "tmed2", "balanced_accuracy", "left out of");
    }

    [Test]
    public void Unity_MeasurementWithoutSpacing_RefusesMillimetresByName()
    {
        UnityReplica.Write(_folder.File("unity"), Small);
        Check("measure", "unity", "_px", null, "measure.head.width=16", "measure.head.stem_width=16");
    }

    private void Check(string task, string data, string figure, string? error, params string[] settings)
    {
        string run = _folder.File($"run-{data}-{task}");
        string[] set = [.. settings.Where(setting => setting.StartsWith(task, StringComparison.Ordinal)).Concat(["training.steps=2", "training.batch_size=2", "training.evaluations=1"]).SelectMany(setting => new[] { "--set", setting })];
        var trained = CommandLine.Run(["finetune", task, "--model", _model, "--data", _folder.File(data), "--out", run, .. set]);
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
        if (error is not null)
        {
            Assert.That(trained.Error, Does.Contain(error));
        }

        var judged = CommandLine.Run("evaluate", task, "--model", run, "--data", _folder.File(data), "--out", Path.Combine(run, "test"));
        Assert.That(judged.ExitCode, Is.Zero, judged.Error);
        Assert.That(judged.Output, Does.Contain(figure));
    }
}
