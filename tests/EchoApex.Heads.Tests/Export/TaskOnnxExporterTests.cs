using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Export.Onnx;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Export;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;
using EchoApex.Testing;
using EchoApex.Testing.Onnx;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Export;

[NoTensorLeaks]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TaskOnnxExporterTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private static readonly BackboneConfig Transformer = new() { Family = "vit", Architecture = "test", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 2, LayerScale = 0.5 };
    private static readonly BackboneConfig ResNet = new() { Family = "resnet", Architecture = "test", EmbedDim = 512, Depth = 1, PatchSize = 32, MaskToken = false };

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [TestCase(true)]
    [TestCase(false)]
    public void Export_OfAViewClassifier_AgreesWithLibtorch(bool meanPatch)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var options = new ViewClassificationOptions { MeanPatch = meanPatch };
        using var head = new ViewClassificationHead(24, 3, meanPatch, RandomStream.For(1, "head"));
        using var model = Save(Transformer, "view", ["a", "b", "c"], options, head, adapted: true);
        var file = TaskOnnxExporter.Export(model, Path).Single();
        var images = Images(3, 32);
        var logits = head.Classify(model.Encoder.Extract(images));
        var found = OnnxRunner.Run(file.Path, ("images", images));
        Assert.That(OnnxRunner.RelativeDifference(found["logits"], logits), Is.LessThan(Tolerance));
        Assert.That(OnnxRunner.RelativeDifference(found["probabilities"], logits.softmax(1)), Is.LessThan(Tolerance));
        Assert.That(OnnxRunner.Metadata(file.Path)["echoapex.labels"], Is.EqualTo("""["a","b","c"]"""));
        Assert.That(OnnxRunner.Metadata(file.Path)["echoapex.view"], Does.Contain("\"frames_per_clip\":8").And.Contain("\"aggregation\":\"mean\""));
    }

    [TestCase("vit", 2)]
    [TestCase("vit", 4)]
    [TestCase("resnet", 2)]
    public void Export_OfAMeasurement_AgreesWithLibtorch(string family, int stride)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var config = family == "vit" ? Transformer : ResNet;
        var options = new MeasurementOptions { Head = new MeasurementHeadOptions { Width = 16, StemWidth = 16, HeatmapStride = stride } };
        using var head = new MeasurementHead(config, family == "vit" ? 2 : 4, options.Head, RandomStream.For(1, "head"));
        using var model = Save(config, "measure", options.Head.Landmarks, options, head);
        int side = family == "vit" ? 32 : 64;
        var file = TaskOnnxExporter.Export(model, Path, new OnnxExportOptions { ImageSize = side }).Single();
        var images = Images(2, side);
        var expected = head.Heatmaps(model.Encoder, images);
        var found = OnnxRunner.Run(file.Path, ("images", images));
        Assert.That(OnnxRunner.RelativeDifference(found["heatmap_logits"], expected), Is.LessThan(Tolerance));
        Assert.That(OnnxRunner.RelativeDifference(found["heatmaps"].sum([2, 3]), ones(2, 6)), Is.LessThan(Tolerance));
    }

    [TestCase(FramePooling.Attention, true, 4)]
    [TestCase(FramePooling.Mean, false, 0)]
    public void Export_OfEjectionFraction_AgreesWithLibtorch(FramePooling pooling, bool useTimes, int curves)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var options = new EjectionFractionOptions { Head = new EjectionFractionHeadOptions { Width = 24, Pooling = pooling, UseFrameTimes = useTimes, MotionCurves = curves } };
        using var head = new EjectionFractionHead(24, options.Head, RandomStream.For(1, "head"));
        head.SetTargetStatistics(57, 9);
        using var model = Save(Transformer, "ef", [], options, head);
        var files = TaskOnnxExporter.Export(model, Path);
        Assert.That(files.Select(file => System.IO.Path.GetFileName(file.Path)), Is.EqualTo(new[] { "model.encoder.onnx", "model.decoder.onnx" }));
        var images = Images(5, 32);
        var vectors = head.PoolFrames(model.Encoder.Extract(images));
        Assert.That(OnnxRunner.RelativeDifference(OnnxRunner.Run(files[0].Path, ("images", images))["frames"], vectors), Is.LessThan(Tolerance));

        // A clip of five frames, and one of three with unknown times and padding.
        var frames = stack([vectors, vectors.flip(0)]);
        var times = tensor(new float[] { 0, 33, 70, 101, 140, float.NaN, float.NaN, float.NaN, float.NaN, float.NaN }).reshape(2, 5);
        var valid = tensor(new float[] { 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 }).reshape(2, 5);
        var expected = head.Decode(frames, times, valid);
        var found = OnnxRunner.Run(files[1].Path, ("frames", frames), ("times_ms", times), ("valid", valid));
        Assert.That(OnnxRunner.RelativeDifference(found["ejection_fraction"], expected.Mean), Is.LessThan(Tolerance));
        Assert.That(OnnxRunner.RelativeDifference(found["log_scale"], expected.LogScale), Is.LessThan(Tolerance));
        Assert.That(OnnxRunner.RelativeDifference(found["phase_logits"].narrow(1, 0, 3), expected.PhaseLogits.narrow(1, 0, 3)), Is.LessThan(Tolerance));
        Assert.That(OnnxRunner.RelativeDifference(found["class_logits"], expected.ClassLogits), Is.LessThan(Tolerance));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Export_OfASegmentation_AnswersPromptsAsLibtorchDoes(bool allParts)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var options = new SegmentationTaskOptions
        {
            Head = new SegmentationOptions { EmbedDim = 32, Heads = 2, MlpDim = 48, IouHeadHiddenDim = 32, HighResolution = allParts, DensePrompts = allParts, ClassTokens = allParts, SemanticPrior = allParts },
        };
        using var head = new SegmentationHead(options.Head, 24, ["lv", "la"], RandomStream.For(1, "head"));
        using var model = Save(Transformer, "segment", ["lv", "la"], options, head);
        var files = TaskOnnxExporter.Export(model, Path);
        var images = Images(1, 32);
        using var features = head.Encode(model.Encoder.Extract(images), images);
        var encoded = OnnxRunner.Run(files[0].Path, ("images", images));
        Assert.That(OnnxRunner.RelativeDifference(encoded["image"], features.Image), Is.LessThan(Tolerance));
        Assert.That(encoded.Keys, Is.EquivalentTo(allParts ? new[] { "image", "half", "detail", "semantic" } : ["image"]));

        var mask = empty([1, 16, 16], float32);
        WeightInitialization.Normal(mask, RandomStream.For(3, "mask"), 0, 3);
        foreach (var (prompt, withMask) in Prompts(allParts))
        {
            using var tensors = PromptTensors.Create([prompt], withMask ? mask.alias() : null);
            using var expected = head.Decode(features, tensors);
            var found = OnnxRunner.Run(
                files[1].Path,
                [.. encoded.Select(entry => (entry.Key, entry.Value)), ("points", tensors.Places), ("labels", tensors.Labels), ("mask", mask), ("has_mask", full(1, withMask ? 1f : 0f))]);
            Assert.That(OnnxRunner.RelativeDifference(found["logits"], expected.Logits), Is.LessThan(Tolerance), prompt.ToString());
            Assert.That(OnnxRunner.RelativeDifference(found["iou"], expected.Iou), Is.LessThan(Tolerance), prompt.ToString());
        }
    }

    [TestCase("view")]
    [TestCase("measure")]
    [TestCase("ef")]
    [TestCase("segment")]
    public void Export_OfAHeadAtItsRealSize_AgreesWithLibtorch(string task)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var config = BackboneArchitectures.Get("vit_small_patch16", 224);
        var images = Images(2, 224);
        switch (task)
        {
            case "view":
                using (var head = new ViewClassificationHead(384, 18, true, RandomStream.For(1, "head")))
                using (var model = Save(config, task, [.. EchoViews.Codes], new ViewClassificationOptions { MeanPatch = true }, head))
                {
                    var file = TaskOnnxExporter.Export(model, Path).Single();
                    RequireEqual(OnnxRunner.Run(file.Path, ("images", images))["logits"], head.Classify(model.Encoder.Extract(images)));
                }

                break;
            case "measure":
                var measurement = new MeasurementOptions();
                using (var head = new MeasurementHead(config, 12, measurement.Head, RandomStream.For(1, "head")))
                using (var model = Save(config, task, measurement.Head.Landmarks, measurement, head))
                {
                    var file = TaskOnnxExporter.Export(model, Path).Single();
                    RequireEqual(OnnxRunner.Run(file.Path, ("images", images))["heatmap_logits"], head.Heatmaps(model.Encoder, images));
                }

                break;
            case "ef":
                var fraction = new EjectionFractionOptions();
                using (var head = new EjectionFractionHead(384, fraction.Head, RandomStream.For(1, "head")))
                using (var model = Save(config, task, [], fraction, head))
                {
                    var files = TaskOnnxExporter.Export(model, Path);
                    var vectors = head.PoolFrames(model.Encoder.Extract(images));
                    RequireEqual(OnnxRunner.Run(files[0].Path, ("images", images))["frames"], vectors);
                    var (frames, times, valid) = (vectors.unsqueeze(0), tensor(new float[] { 0, 30 }).unsqueeze(0), ones(1, 2));
                    RequireEqual(OnnxRunner.Run(files[1].Path, ("frames", frames), ("times_ms", times), ("valid", valid))["ejection_fraction"], head.Decode(frames, times, valid).Mean);
                }

                break;
            default:
                var segmentation = new SegmentationTaskOptions();
                using (var head = new SegmentationHead(segmentation.Head, 384, ["lv", "la", "rv"], RandomStream.For(1, "head")))
                using (var model = Save(config, task, ["lv", "la", "rv"], segmentation, head))
                {
                    var files = TaskOnnxExporter.Export(model, Path);
                    var image = images.narrow(0, 0, 1).contiguous();
                    using var features = head.Encode(model.Encoder.Extract(image), image);
                    var encoded = OnnxRunner.Run(files[0].Path, ("images", image));
                    RequireEqual(encoded["image"], features.Image);
                    using var prompt = PromptTensors.Create([new InputPrompt { Box = new PromptBox(40, 30, 150, 160.5) }], null);
                    using var expected = head.Decode(features, prompt);
                    var found = OnnxRunner.Run(
                        files[1].Path,
                        [.. encoded.Select(entry => (entry.Key, entry.Value)), ("points", prompt.Places), ("labels", prompt.Labels), ("mask", zeros(1, 56, 56)), ("has_mask", zeros(1))]);
                    RequireEqual(found["logits"], expected.Logits);
                    RequireEqual(found["iou"], expected.Iou);
                }

                break;
        }
    }

    [Test]
    public void Export_InDynamicInt8_QuantisesTheEncoder()
    {
        using var head = new ViewClassificationHead(24, 2, false, RandomStream.For(1, "head"));
        using var model = Save(Transformer, "view", ["a", "b"], new ViewClassificationOptions(), head);
        TaskOnnxExporter.Export(model, Path, new OnnxExportOptions { Quantization = OnnxQuantization.DynamicInt8 });
        Assert.That(System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(Path)), Does.Contain("MatMulInteger"));
        Assert.That(OnnxRunner.Metadata(Path)["echoapex.quantization"], Is.EqualTo("dynamic_int8"));
    }

    private static void RequireEqual(Tensor found, Tensor expected)
    {
        double difference = OnnxRunner.RelativeDifference(found, expected);
        TestContext.Out.WriteLine($"relative difference {difference:0.0e+0}");
        Assert.That(difference, Is.LessThan(Tolerance));
    }

    private static IEnumerable<(InputPrompt Prompt, bool WithMask)> Prompts(bool structures)
    {
        yield return (new InputPrompt { Points = [new PromptPoint(10, 12)] }, false);
        yield return (new InputPrompt { Points = [new PromptPoint(4, 25), new PromptPoint(20, 6, Inside: false), new PromptPoint(15.4, 15.6)] }, true);
        yield return (new InputPrompt { Box = new PromptBox(3, 5, 21.3, 18.2) }, false);
        yield return (new InputPrompt { Points = [new PromptPoint(31, 0)], Box = new PromptBox(0, 0, 31, 31) }, false);
        if (structures)
        {
            yield return (new InputPrompt { Structure = 1 }, false);
        }
    }

    private static Tensor Images(int count, int side)
    {
        var images = empty([count, 3, side, side], float32);
        WeightInitialization.Normal(images, RandomStream.For(5, "images"), 0, 1);
        return images;
    }

    // Encoder and head with noise on every weight, as a folder, and loaded again. Wide layers get less of it: sums over hundreds of inputs
    // would drive attention into saturation, where rounding is amplified a hundredfold.
    private TaskModel Save<T>(BackboneConfig config, string task, IReadOnlyList<string> labels, T options, nn.Module head, bool adapted = false)
    {
        using var noGradient = no_grad();
        head.eval();
        WeightNoise.Add(head, 2, config.EmbedDim <= 24 ? 0.1 : 0.02);
        var preprocessing = new Preprocessing { ImageSize = config.Family == "vit" ? config.ImageSize : 32 };
        using (var backbone = BackboneFactory.Create(config, new RandomStream(1)))
        {
            WeightNoise.Add(backbone.Module, 3, config.EmbedDim <= 24 ? 0.1 : 0.02);
            ModelFolder.Save(_folder.File("base"), backbone, preprocessing, new ModelInfo { Name = "test" });
        }

        using var loaded = ModelFolder.Load(_folder.File("base"));
        using var adapters = adapted ? AdapterSet.Attach(loaded.Backbone, new AdapterOptions { Bottleneck = 8, AllowLargerShare = true }, RandomStream.For(4, "adapters")) : null;
        WeightNoise.Add(adapters?.Parameters.Select(entry => (Tensor)entry.Parameter) ?? [], 6);
        TaskModelFolder.Save(_folder.File("model"), loaded.Backbone, loaded, adapters, head, new TaskModelInfo
        {
            Task = task,
            Name = "test",
            Labels = labels,
            Options = TaskModelFolder.WriteOptions(options),
            Preprocessing = preprocessing,
            Encoder = new EncoderReference("", ""),
        });
        return TaskModelFolder.Load(_folder.File("model"));
    }
}
