using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Checkpoints;

[NoTensorLeaks]
public sealed class WeightsImporterTests : IDisposable
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void Dispose() => _folder.Dispose();

    [Test]
    public void Import_DinoTeacherInHalfPrecision_BuildsTheNetworkThatTheFileHolds()
    {
        var config = BackboneArchitectures.Get("vit_small_patch16", 224) with { LayerScale = null, MaskToken = false };
        WriteWeights(config);
        var report = WeightsImporter.Import(Options("dino", "vit_small_patch16"));
        Assert.That(report.Config, Is.EqualTo(config));
        Assert.That(report.Prefix, Is.EqualTo("teacher.backbone."));
        Assert.That(report.Keys.Loaded, Has.Count.EqualTo(150));
        Assert.That(report.Keys.Converted, Has.Count.EqualTo(150));
        Assert.That(report.Keys.Dropped, Is.EqualTo(new[] { "teacher.head.mlp.0.weight" }));
        Assert.That(report.Parameters, Is.EqualTo(21_665_664));
        Assert.That(report.Preprocessing.ImageSize, Is.EqualTo(224));
        using var loaded = ModelFolder.Load(_folder.File("out"));
        Assert.That(loaded.Backbone.Config, Is.EqualTo(config));
        Assert.That(loaded.Backbone.Module.state_dict()["blocks.11.mlp.fc2.weight"].data<float>().ToArray(), Is.All.EqualTo(0.5f));
        Assert.That(loaded.Info.Provenance!.SourceFile, Is.EqualTo("weights.safetensors"));
        Assert.That(loaded.Info.Provenance!.SourceSha256, Has.Length.EqualTo(64));
    }

    [Test]
    public void Import_OtherImageSize_SaysWhatTheFileWasMadeFor()
    {
        WriteShapes(384, 14, 37, 12);
        Assert.That(
            () => WeightsImporter.Import(Options("dinov2", "vit_small_patch14") with { ImageSize = 224 }),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("518 x 518").And.Message.Contains("--image-size 518"));
        AssertNothingWritten();
    }

    [Test]
    public void Import_OtherArchitecture_NamesTheOneThatFits()
    {
        WriteShapes(768, 16, 14, 12);
        Assert.That(
            () => WeightsImporter.Import(Options("dino", "vit_small_patch14")),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("dimension 768 instead of 384").And.Message.Contains("patch size 16 instead of 14").And.Message.Contains("--arch vit_base_patch16"));
        Assert.That(
            () => WeightsImporter.Import(Options("torchvision", "resnet50")),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("it is a ViT"));
        AssertNothingWritten();
    }

    [Test]
    public void Import_KeysThatDoNotFit_ListsThemAndWritesNothing()
    {
        WriteShapes(384, 16, 14, 12);
        Assert.That(
            () => WeightsImporter.Import(Options("dinov2", "vit_small_patch16")),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("missing (").And.Message.Contains("blocks.0.attn.proj.weight").And.Message.Contains("misshapen (").And.Message.Contains("--from and --arch"));
        AssertNothingWritten();
    }

    [TestCase("mae", "vit_small_patch16", 224, "dinov2, dino, timm, torchvision")]
    [TestCase("dino", "vit_huge", 224, "vit_small_patch14")]
    [TestCase("dino", "vit_small_patch16", 0, "0 pixels")]
    public void Import_UnknownNameOrSize_SaysWhatThereIs(string from, string architecture, int imageSize, string message)
    {
        WriteShapes(384, 16, 14, 12);
        Assert.That(
            () => WeightsImporter.Import(Options(from, architecture) with { ImageSize = imageSize }),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains(message));
    }

    [Test]
    public void Import_IntoAFolderThatIsNotEmpty_Fails()
    {
        Directory.CreateDirectory(_folder.File("out"));
        File.WriteAllText(_folder.File("out/mine.txt"), "x");
        Assert.That(() => WeightsImporter.Import(Options("dino", "vit_small_patch16")), Throws.InstanceOf<EchoApexException>().With.Message.Contains("not empty"));
    }

    [Test]
    public void Import_PickleThatCallsAFunction_NamesIt()
    {
        Assert.That(
            () => WeightsImporter.Import(Options("dino", "vit_small_patch16") with { Weights = Fixture.Path("calls_function.pth") }),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("posix.system"));
        AssertNothingWritten();
    }

    private ImportOptions Options(string from, string architecture) => new()
    {
        From = from,
        Architecture = architecture,
        Weights = _folder.File("weights.safetensors"),
        Output = _folder.File("out"),
    };

    private void AssertNothingWritten() =>
        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName), Is.SubsetOf(new[] { "weights.safetensors" }));

    private void WriteWeights(BackboneConfig config)
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(config);
        var tensors = backbone.Module.state_dict().ToDictionary(pair => "teacher.backbone." + pair.Key, pair => full(pair.Value.shape, 0.5, dtype: float16));
        tensors["teacher.head.mlp.0.weight"] = zeros(2);
        SafetensorsWriter.Write(_folder.File("weights.safetensors"), tensors);
    }

    // Only what tells the sizes.
    private void WriteShapes(long dimension, long patch, long grid, int depth)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.File("weights.safetensors"), new Dictionary<string, Tensor>
        {
            ["patch_embed.proj.weight"] = zeros(dimension, 3, patch, patch),
            ["pos_embed"] = zeros(1, 1 + (grid * grid), dimension),
            [$"blocks.{depth - 1}.norm1.weight"] = zeros(1),
        });
    }
}
