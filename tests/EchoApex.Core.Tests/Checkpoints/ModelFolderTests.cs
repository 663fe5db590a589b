using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Checkpoints;

[NoTensorLeaks]
public sealed class ModelFolderTests : IDisposable
{
    private TemporaryFolder _folder = null!;

    private string Model => _folder.File("model");

    private string Config => Path.Combine(Model, "config.json");

    private string Weights => Path.Combine(Model, "model.safetensors");

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void Dispose() => _folder.Dispose();

    [Test]
    public void Load_OfWhatWasSaved_GivesTheSameModel()
    {
        var preprocessing = new Preprocessing { ImageSize = 32, Normalization = Normalization.Image, Grayscale = false };
        var info = new ModelInfo { Name = "tiny: \"one\"", License = "apache-2.0", Labels = ["A4C", "PLAX"], Training = new Dictionary<string, string> { ["epochs"] = "3" }, Provenance = new ModelProvenance("dino", "x.pth", "00ff") };
        using var backbone = TinyModel.Create();
        ModelFolder.Save(Model, backbone, preprocessing, info);
        using var loaded = ModelFolder.Load(Model, verify: true);
        Assert.That(TinyModel.Features(loaded.Backbone), Is.EqualTo(TinyModel.Features(backbone)));
        Assert.That(loaded.Backbone.Config, Is.EqualTo(TinyModel.Config));
        Assert.That(loaded.Backbone.Module.training, Is.False);
        Assert.That(loaded.Preprocessing, Is.EqualTo(preprocessing));
        Assert.That(loaded.Info.Name, Is.EqualTo(info.Name));
        Assert.That(loaded.Info.Labels, Is.EqualTo(info.Labels));
        Assert.That(loaded.Info.Training["epochs"], Is.EqualTo("3"));
        Assert.That(loaded.Info.Provenance, Is.EqualTo(info.Provenance));
        Assert.That(loaded.Info.EchoApexVersion, Is.EqualTo("0.1.0"));
        Assert.That(loaded.Info.Created, Is.Not.Null);
    }

    [Test]
    public void Save_ResNet50_LoadsBackWithItsBuffers()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var backbone = Core.Backbones.BackboneFactory.Create(Core.Backbones.BackboneArchitectures.Get("resnet50"));
        backbone.Module.state_dict()["bn1.running_mean"].fill_(2);
        backbone.Module.state_dict()["bn1.num_batches_tracked"].fill_(9);
        ModelFolder.Save(Model, backbone, new Preprocessing(), new ModelInfo { Name = "r" });
        using var loaded = ModelFolder.Load(Model);
        var state = loaded.Backbone.Module.state_dict();
        Assert.That(state["bn1.running_mean"].data<float>().ToArray(), Is.All.EqualTo(2f));
        Assert.That(state["bn1.num_batches_tracked"].item<long>(), Is.EqualTo(9));
    }

    [Test]
    public void Save_WritesACardWithHeadOriginAndWarning()
    {
        Save();
        string card = File.ReadAllText(Path.Combine(Model, "README.md"));
        Assert.That(card, Does.StartWith("---\nlibrary_name: echoapex\nlicense: \"other\"\n"));
        Assert.That(card, Does.Contain("## Provenance").And.Contain("## Intended use").And.Contain("Not a medical device"));
    }

    [Test]
    public void Save_IntoAFolderThatIsNotEmpty_FailsAndTouchesNothing()
    {
        Directory.CreateDirectory(Model);
        File.WriteAllText(Path.Combine(Model, "mine.txt"), "x");
        Assert.That(Save, Throws.InstanceOf<EchoApexException>().With.Message.Contains("not empty"));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Has.Length.EqualTo(1));
        Assert.That(Directory.GetFiles(Model), Has.Length.EqualTo(1));
    }

    [Test]
    public void Load_FolderThatIsNone_SaysSo()
    {
        Assert.That(() => ModelFolder.Load(Model), Throws.TypeOf<CheckpointException>().With.Message.Contains("does not exist"));
        Directory.CreateDirectory(Model);
        Assert.That(() => ModelFolder.Load(Model), Throws.TypeOf<CheckpointException>().With.Message.Contains("config.json"));
    }

    [Test]
    public void Load_WeightsOfAnotherLength_SaysSo()
    {
        Save();
        File.AppendAllText(Weights, " ");
        Assert.That(() => ModelFolder.Load(Model), Throws.TypeOf<CheckpointException>());
        File.Delete(Weights);
        Assert.That(() => ModelFolder.Load(Model), Throws.TypeOf<CheckpointException>().With.Message.Contains("does not exist"));
    }

    [Test]
    public void Load_WeightsWithOneBitChanged_IsFoundByVerifyAlone()
    {
        Save();
        byte[] bytes = File.ReadAllBytes(Weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(Weights, bytes);
        ModelFolder.Load(Model).Dispose();
        Assert.That(() => ModelFolder.Load(Model, verify: true), Throws.TypeOf<CheckpointException>().With.Message.Contains("SHA-256"));
    }

    [TestCase("\"format_version\": 1", "\"format_version\": 2", "newer EchoApex")]
    [TestCase("\"format_version\": 1", "\"format_version\": \"1\"", "format_version")]
    [TestCase("\"image_size\": 32,\n    \"crop", "\"image_siz\": 32,\n    \"crop", "image_siz")]
    [TestCase("\"normalization\": \"channel\"", "\"normalization\": \"chanel\"", "normalization")]
    [TestCase("\"name\": \"tiny\"", "\"name\": \"\"", "name is empty")]
    [TestCase("\"name\": \"tiny\"", "\"name\": null", "model.name")]
    [TestCase("\"file\": \"model.safetensors\"", "\"file\": \"../other.safetensors\"", "weights.file")]
    [TestCase("\"family\": \"vit\"", "\"family\": \"cnn\"", "")]
    [TestCase("{", "[", "JSON")]
    public void Load_FaultInTheConfiguration_NamesIt(string good, string bad, string message)
    {
        Save();
        Edit(good, bad);
        Assert.That(() => ModelFolder.Load(Model), Throws.InstanceOf<EchoApexException>().With.Message.Contains(message));
    }

    [TestCase("\"embed_dim\": 24", "\"embed_dim\": 8190", "dimension 24 instead of 8190")]
    [TestCase("\"depth\": 2", "\"depth\": 128", "blocks 2 instead of 128")]
    [TestCase("\"patch_size\": 8", "\"patch_size\": 16", "patch size 8 instead of 16")]
    [TestCase("\"mlp_ratio\": 2", "\"mlp_ratio\": 16", "blocks.0.mlp.fc1.weight")]
    [TestCase("\"layer_scale\": 0.1", "\"layer_scale\": null", "LayerScale")]
    [TestCase("\"registers\": 2", "\"registers\": 4", "registers 2 instead of 4")]
    public void Load_ConfigurationOfAnotherNetwork_SaysWhatDiffers(string good, string bad, string message)
    {
        Save();
        Edit(good, bad);
        Assert.That(() => ModelFolder.Load(Model), Throws.TypeOf<CheckpointException>().With.Message.Contains(message));
    }

    private void Save()
    {
        using var backbone = TinyModel.Create();
        ModelFolder.Save(Model, backbone, new Preprocessing { ImageSize = 32 }, new ModelInfo { Name = "tiny" });
    }

    private void Edit(string good, string bad)
    {
        string text = File.ReadAllText(Config);
        Assert.That(text, Does.Contain(good));
        int at = text.IndexOf(good, StringComparison.Ordinal);
        File.WriteAllText(Config, text[..at] + bad + text[(at + good.Length)..]);
    }
}
