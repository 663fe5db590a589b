using System.Text.Json;
using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tests.Backbones.Inference;
using EchoApex.Testing;
using EchoApex.Testing.Onnx;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Export.Onnx;

[NoTensorLeaks]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class OnnxExporterTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<BackboneConfig> Configs() =>
    [
        SmallEncoders.Transformer,
        SmallEncoders.Transformer with { Registers = 0, LayerScale = null, MaskToken = false, InterpolateOffset = 0, InterpolateAntialias = true },
        SmallEncoders.ResNet,
    ];

    [TestCaseSource(nameof(Configs))]
    public void Export_OfAnEncoder_AgreesWithLibtorchForAnyNumberOfImages(BackboneConfig config)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(config);
        string path = _folder.File("encoder.onnx");
        var info = OnnxExporter.Export(encoder, new Preprocessing { ImageSize = 64 }, "test", path);
        Assert.That(new FileInfo(path).Length, Is.EqualTo(info.Bytes));
        foreach (int count in new[] { 1, 3 })
        {
            var images = SmallEncoders.Images(count, 64, 64);
            var expected = encoder.Extract(images);
            var found = OnnxRunner.Run(path, ("images", images));
            Assert.That(found.Keys, Is.EquivalentTo(info.Outputs));
            Assert.That(OnnxRunner.RelativeDifference(found["cls"], expected.Cls), Is.LessThan(Tolerance));
            Assert.That(OnnxRunner.RelativeDifference(found["patches"], expected.Patches), Is.LessThan(Tolerance));
            if (expected.Registers is not null)
            {
                Assert.That(OnnxRunner.RelativeDifference(found["registers"], expected.Registers), Is.LessThan(Tolerance));
            }
        }
    }

    [TestCaseSource(typeof(SmallEncoders), nameof(SmallEncoders.Adapters))]
    public void Export_WithAdapters_AgreesWithLibtorch(BackboneConfig config, AdapterOptions options)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(config);
        using var adapters = SmallEncoders.Adapt(encoder, options);
        string path = _folder.File("encoder.onnx");
        OnnxExporter.Export(encoder, new Preprocessing { ImageSize = 64 }, "test", path);
        var images = SmallEncoders.Images(2, 64, 64);
        Assert.That(OnnxRunner.RelativeDifference(OnnxRunner.Run(path, ("images", images))["patches"], encoder.Extract(images).Patches), Is.LessThan(Tolerance));
    }

    [Test]
    public void Export_InDynamicInt8_IsSmallerAndPointsTheSameWay()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(SmallEncoders.Transformer with { EmbedDim = 192 });
        var preprocessing = new Preprocessing { ImageSize = 48 };
        var plain = OnnxExporter.Export(encoder, preprocessing, "test", _folder.File("plain.onnx"));
        var bytes = OnnxExporter.Export(encoder, preprocessing, "test", _folder.File("int8.onnx"), new OnnxExportOptions { Quantization = OnnxQuantization.DynamicInt8 });
        Assert.That(bytes.Bytes, Is.LessThan(plain.Bytes * 0.4));
        var images = SmallEncoders.Images(2, 48, 48);
        var found = OnnxRunner.Run(bytes.Path, ("images", images))["cls"];
        var expected = encoder.Extract(images).Cls;
        Assert.That(nn.functional.cosine_similarity(found, expected, 1).min().ReadDouble(), Is.InRange(0.98, 0.999999));
    }

    [Test]
    public void Export_OfAnyModel_TellsHowToFeedIt()
    {
        using var encoder = SmallEncoders.Make(SmallEncoders.Transformer);
        string path = _folder.File("encoder.onnx");
        OnnxExporter.Export(encoder, new Preprocessing { ImageSize = 48, Mean = [0.1, 0.2, 0.3] }, "a name", path, new OnnxExportOptions { ImageSize = 56 });
        var metadata = OnnxRunner.Metadata(path);
        using var preprocessing = JsonDocument.Parse(metadata["echoapex.preprocessing"]);
        Assert.That(preprocessing.RootElement.GetProperty("image_size").GetInt32(), Is.EqualTo(56));
        Assert.That(preprocessing.RootElement.GetProperty("mean")[1].GetDouble(), Is.EqualTo(0.2));
        Assert.That(preprocessing.RootElement.GetProperty("normalization").GetString(), Is.EqualTo("channel"));
        Assert.That(metadata["echoapex.name"], Is.EqualTo("a name"));
        Assert.That(metadata["echoapex.task"], Is.EqualTo("backbone"));
        Assert.That(metadata["echoapex.notice"], Does.Contain("Not a medical device"));
    }

    [Test]
    public void Export_OfWhatCannotBe_IsOneErrorAndNoFile()
    {
        using var transformer = SmallEncoders.Make(SmallEncoders.Transformer);
        using var resnet = SmallEncoders.Make(SmallEncoders.ResNet);
        string path = _folder.File("encoder.onnx");
        var int8 = new OnnxExportOptions { Quantization = OnnxQuantization.DynamicInt8 };
        Assert.That(() => OnnxExporter.Export(transformer, new Preprocessing { ImageSize = 50 }, "test", path), Throws.TypeOf<ConfigurationException>().With.Message.Contains("multiple").And.Message.Contains("50"));
        Assert.That(() => OnnxExporter.Export(resnet, new Preprocessing { ImageSize = 64 }, "test", path, int8), Throws.TypeOf<ConfigurationException>().With.Message.Contains("int8"));
        Assert.That(File.Exists(path), Is.False);
    }
}
