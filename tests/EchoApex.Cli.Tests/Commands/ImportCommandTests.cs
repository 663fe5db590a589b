using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Cli.Tests.Commands;

/// <summary><c>import</c> with weights that this machine makes.</summary>
[NoTensorLeaks]
public sealed class ImportCommandTests
{
    [Test]
    public void Import_WeightsWithReferenceKeys_GivesAFolderWithTheSameFeatures()
    {
        using var folder = new TemporaryFolder();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("vit_small_patch14", 28), new RandomStream(1));
        backbone.Module.eval();
        SafetensorsWriter.Write(folder.File("w.safetensors"), backbone.Module.state_dict());
        var result = CommandLine.Run("import", "--from", "dinov2", folder.File("w.safetensors"), "--arch", "vit_small_patch14", "--image-size", "28", "--out", folder.File("model"));
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using var loaded = ModelFolder.Load(folder.File("model"));
        using var noGrad = no_grad();
        using var images = GoldenCase.FillTensor("img", [1, 3, 42, 56], 1, 0);
        using var expected = backbone.Extract(images);
        using var actual = loaded.Backbone.Extract(images);
        Assert.That(actual.Patches.data<float>().ToArray(), Is.EqualTo(expected.Patches.data<float>().ToArray()));
    }

    [TestCase("vit_small_patch15", "28", "vit_small_patch15")]
    [TestCase("vit_small_patch14", "56", "28")]
    [TestCase("vit_base_patch14", "28", "vit_small_patch14")]
    public void Import_OtherArchitectureOrSize_NamesTheRemedyAndWritesNothing(string architecture, string size, string named)
    {
        using var folder = new TemporaryFolder();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("vit_small_patch14", 28), new RandomStream(1));
        SafetensorsWriter.Write(folder.File("w.safetensors"), backbone.Module.state_dict());
        var result = CommandLine.Run("import", "--from", "dinov2", folder.File("w.safetensors"), "--arch", architecture, "--image-size", size, "--out", folder.File("model"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(named).And.Not.Contain("   at "));
        Assert.That(Directory.Exists(folder.File("model")), Is.False);
    }

    [Test]
    public void Import_MeanAndStd_AreWrittenIntoTheFolder()
    {
        using var folder = new TemporaryFolder();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("vit_small_patch14", 28), new RandomStream(1));
        SafetensorsWriter.Write(folder.File("w.safetensors"), backbone.Module.state_dict());
        string[] arguments = ["import", "--from", "dinov2", folder.File("w.safetensors"), "--arch", "vit_small_patch14", "--out", folder.File("model"), "--std", "0.5,0.5,0.5"];
        Assert.That(CommandLine.Run([.. arguments, "--mean", "0.5,half,0.5"]).Error, Does.Contain("half"));
        Assert.That(CommandLine.Run([.. arguments, "--mean", "0.5,0.5"]).Error, Does.Contain("mean").And.Contain("3"));
        Assert.That(Directory.Exists(folder.File("model")), Is.False);
        var result = CommandLine.Run([.. arguments, "--mean", "0.5,0.5,0.5"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using var loaded = ModelFolder.Load(folder.File("model"));
        Assert.That(loaded.Preprocessing.Mean.Concat(loaded.Preprocessing.Std), Is.All.EqualTo(0.5));
    }

    [Test]
    public void Import_RandomBytes_IsOneError()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("w.pth"), [.. Enumerable.Range(0, 500).Select(i => (byte)(i * 31))]);
        var result = CommandLine.Run("import", "--from", "dino", folder.File("w.pth"), "--arch", "vit_small_patch16", "--out", folder.File("model"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.StartWith("error: ").And.Contain("w.pth"));
    }
}
