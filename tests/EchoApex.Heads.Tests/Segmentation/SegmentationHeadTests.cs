using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Segmentation;

[NoTensorLeaks]
public sealed class SegmentationHeadTests
{
    private static readonly InputPrompt Point = new() { Points = [new PromptPoint(10, 12)] };
    private static readonly InputPrompt Box = new() { Box = new PromptBox(4, 5, 20, 22) };
    private static readonly InputPrompt Automatic = new() { Structure = 1 };

    [TestCase(true, 32, 48)]
    [TestCase(false, 32, 48)]
    public void Decode_TransformerAndPrompts_GivesMasksOfTheSizeThatOptionsSay(bool sharp, int height, int width)
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder, Encoders.Small with { HighResolution = sharp });
        using var scope = NewDisposeScope();
        using var features = Features(encoder, head, 1, height, width);
        using var output = head.Decode(features, PromptTensors.Create([Point, Box, Automatic]));
        Assert.That(output.Logits.shape, Is.EqualTo(new long[] { 3, 4, height / 2, width / 2 }));
        Assert.That(output.Iou.shape, Is.EqualTo(new long[] { 3, 4 }));
        Assert.That((features.MaskPromptHeight, features.MaskPromptWidth), Is.EqualTo((height / 2, width / 2)));
    }

    [TestCase(true, 32)]
    [TestCase(false, 8)]
    public void Decode_ResNet_IsSharpOnlyWithTheHighResolutionPath(bool sharp, int side)
    {
        using var encoder = Encoders.ResNet();
        using var head = Encoders.Head(encoder, Encoders.Small with { HighResolution = sharp });
        using var scope = NewDisposeScope();
        using var features = Features(encoder, head, 2, 64, 64);
        using var output = head.Decode(features, PromptTensors.Create([Point, Box]));
        Assert.That(output.Logits.shape, Is.EqualTo(new long[] { 2, 4, side, side }));
    }

    [Test]
    public void Decode_FreshHighResolutionPath_LeavesTheDecodersMasksAsTheyAre()
    {
        using var encoder = Encoders.Transformer();
        using var sharp = Encoders.Head(encoder, Encoders.Small with { SemanticPrior = false });
        using var plain = Encoders.Head(encoder, Encoders.Small with { HighResolution = false, SemanticPrior = false });
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        CopyShared(sharp, plain);
        using var from = Features(encoder, sharp, 1, 32, 32);
        using var to = Features(encoder, plain, 1, 32, 32);
        var expected = plain.Decode(to, PromptTensors.Create([Point])).Logits;
        GoldenCase.AssertClose(sharp.Decode(from, PromptTensors.Create([Point])).Logits, expected, 1e-5, "logits");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Decode_SemanticPrior_AddsToTheMasksUnlessItsScaleIsZero(bool highResolution)
    {
        using var encoder = Encoders.Transformer();
        using var prior = Encoders.Head(encoder, Encoders.Small with { HighResolution = highResolution });
        using var plain = Encoders.Head(encoder, Encoders.Small with { HighResolution = highResolution, SemanticPrior = false });
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        CopyShared(prior, plain);
        using var from = Features(encoder, prior, 1, 32, 32);
        using var to = Features(encoder, plain, 1, 32, 32);
        var expected = plain.Decode(to, PromptTensors.Create([Point])).Logits;
        Assert.That((prior.Decode(from, PromptTensors.Create([Point])).Logits - expected).abs().max().item<float>(), Is.GreaterThan(0.1));
        prior.state_dict()["semantic.prior_scale"].fill_(0);
        GoldenCase.AssertClose(prior.Decode(from, PromptTensors.Create([Point])).Logits, expected, 1e-5, "logits");
    }

    [Test]
    public void Decode_DensePrompts_HaveAnEffectOnceTheirWeightsHave()
    {
        using var encoder = Encoders.Transformer();
        using var dense = Encoders.Head(encoder);
        using var plain = Encoders.Head(encoder, Encoders.Small with { DensePrompts = false });
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        CopyShared(dense, plain);
        using var features = Features(encoder, dense, 1, 32, 32);
        var expected = plain.Decode(features, PromptTensors.Create([Point])).Logits;
        GoldenCase.AssertClose(dense.Decode(features, PromptTensors.Create([Point])).Logits, expected, 1e-6, "fresh");
        dense.state_dict()["dense_prompts.weight"].fill_(1);
        Assert.That((dense.Decode(features, PromptTensors.Create([Point])).Logits - expected).abs().max().item<float>(), Is.GreaterThan(1e-4));
    }

    [Test]
    public void Draw_PointsAndBox_MarkTheirPlacesInTheInput()
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder);
        using var scope = NewDisposeScope();
        using var features = Features(encoder, head, 1, 32, 48);
        var prompt = new InputPrompt { Points = [new PromptPoint(20.5, 8.5), new PromptPoint(40.5, 24.5, false)], Box = new PromptBox(10, 4, 29, 23) };
        using var maps = PromptMaps.Draw([prompt], features, CPU);
        Assert.That(maps.shape, Is.EqualTo(new long[] { 1, 16, 24, 3 }));

        // Maps have half of the input's pixels: the centre of map column 10 is input 20.5.
        Assert.That(maps[0, 4, 10].data<float>().ToArray(), Is.EqualTo(new[] { 1f, 0f, 1f }).Within(1e-3));
        Assert.That(maps[0, 12, 20].data<float>().ToArray(), Is.EqualTo(new[] { 0f, 1f, 0f }).Within(1e-3));
        Assert.That(maps[0].select(-1, 2).sum().item<float>(), Is.EqualTo(100), "ten columns, ten rows");
    }

    [Test]
    public void Decode_SeveralPromptsAtOnce_EqualOneByOne()
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder);
        Scatter(head);
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var features = Features(encoder, head, 1, 32, 32);
        var together = head.Decode(features, PromptTensors.Create([Point, Box, Automatic]));
        InputPrompt[] prompts = [Point, Box, Automatic];
        for (int i = 0; i < prompts.Length; i++)
        {
            var alone = head.Decode(features, PromptTensors.Create([prompts[i]]));
            GoldenCase.AssertClose(together.Logits.narrow(0, i, 1), alone.Logits, 1e-4, $"prompt {i}");
        }
    }

    [Test]
    public void Decode_EveryKindOfPrompt_ChangesTheMask()
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder);
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var features = Features(encoder, head, 1, 32, 32);
        InputPrompt[] prompts =
        [
            Point, Point with { Points = [new PromptPoint(11, 12)] }, Point with { Points = [new PromptPoint(10, 12, false)] }, Box,
            Automatic, Automatic with { Structure = 0 }, Point with { Structure = 0 },
        ];
        var results = prompts.Select(prompt => head.Decode(features, PromptTensors.Create([prompt])).Logits.sum().item<float>()).ToList();
        results.Add(head.Decode(features, PromptTensors.Create([Point], ones([1, 16, 16]))).Logits.sum().item<float>());
        Assert.That(results.Distinct().Count(), Is.EqualTo(results.Count));
    }

    [Test]
    public void Loss_Gradient_ReachesEveryParameterAndIsFinite()
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder);
        head.train();
        Scatter(head);
        using var scope = NewDisposeScope();
        using var features = Features(encoder, head, 3, 32, 32);
        var masks = rand([3, 16, 16]);
        var prompts = new[] { Point, Box, Automatic };
        bool[] ambiguous = [true, false, false];
        var terms = SegmentationLoss.Compute(head.Decode(features, PromptTensors.Create(prompts)), masks, ambiguous, new SegmentationTrainingOptions());
        var again = new[] { Point with { Points = [new PromptPoint(4, 4), new PromptPoint(5, 5, false)] }, Box, Automatic with { Structure = 0 } };
        var second = SegmentationLoss.Compute(head.Decode(features, PromptTensors.Create(again, masks.alias())), masks, [true, false, false], new SegmentationTrainingOptions());
        (terms.Total + second.Total).backward();
        foreach (var (name, parameter) in head.named_parameters().Concat(encoder.Module.named_parameters().Where(pair => pair.name != "cls_token")))
        {
            // Masks of one point that were not the best of three have no gradient of their own.
            if (parameter.grad is { } gradient)
            {
                Assert.That(gradient.isfinite().all().item<bool>(), name);
            }
            else
            {
                Assert.That(name, Does.Contain("hypernetworks"));
            }
        }
    }

    [Test]
    public void Constructor_OptionsOutOfRange_NamesAllFaults()
    {
        using var encoder = Encoders.Transformer();
        Assert.That(
            () => Encoders.Head(encoder, Encoders.Small with { EmbedDim = 8, Depth = 0 }),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("embed_dim").And.Message.Contains("depth"));
        Assert.That(() => Encoders.Head(encoder, Encoders.Small with { Heads = 5 }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("heads"));
        Assert.That(() => new SegmentationHead(Encoders.Small, 24, []), Throws.TypeOf<ConfigurationException>());
    }

    [Test]
    public void ImportDecoder_FileWithPrefixAndEncoder_LoadsTheDecoderAlone()
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder);
        using var other = new SegmentationHead(Encoders.Small, encoder.FeatureDimension, ["one"], RandomStream.For(6, "other"));
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string path = Write(folder, other, "module.");
        float neck = head.state_dict()["neck.0.weight"].sum().item<float>();

        var report = head.ImportDecoder(path);
        Assert.That(report.Dropped, Is.EquivalentTo(new[] { "module.image_encoder.pos_embed" }));
        foreach (var (key, value) in head.state_dict().Where(pair => IsDecoder(pair.Key)))
        {
            Assert.That(value.detach().data<float>().ToArray(), Is.EqualTo(other.state_dict()[key].detach().data<float>().ToArray()), key);
        }

        Assert.That(head.state_dict()["neck.0.weight"].sum().item<float>(), Is.EqualTo(neck));
    }

    [Test]
    public void ImportDecoder_AnotherShape_SaysSoAndChangesNothing()
    {
        using var encoder = Encoders.Transformer();
        using var head = Encoders.Head(encoder);
        using var other = new SegmentationHead(Encoders.Small with { MlpDim = 64 }, encoder.FeatureDimension, ["one"], RandomStream.For(6, "other"));
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        float before = head.state_dict()["mask_decoder.iou_token.weight"].sum().item<float>();
        Assert.That(() => head.ImportDecoder(Write(folder, other, "")), Throws.TypeOf<CheckpointException>().With.Message.Contains("mlp.lin1.weight").And.Message.Contains("[64, 32]"));
        Assert.That(head.state_dict()["mask_decoder.iou_token.weight"].sum().item<float>(), Is.EqualTo(before));
    }

    private static string Write(TemporaryFolder folder, SegmentationHead head, string prefix)
    {
        string path = folder.File("sam.safetensors");
        var tensors = head.state_dict().Where(pair => IsDecoder(pair.Key)).ToDictionary(pair => prefix + pair.Key, pair => pair.Value);
        tensors[prefix + "image_encoder.pos_embed"] = zeros([1, 4]);
        using var stream = File.Create(path);
        SafetensorsWriter.Write(stream, tensors, new Dictionary<string, string>());
        return path;
    }

    private static bool IsDecoder(string key) => key.StartsWith("prompt_encoder.", StringComparison.Ordinal) || key.StartsWith("mask_decoder.", StringComparison.Ordinal);

    private static SegmentationFeatures Features(IBackbone encoder, SegmentationHead head, int images, int height, int width)
    {
        float[] values = new float[images * 3 * height * width];
        new RandomStream(2).FillNormal(values, 0, 1);
        var images_BCHW = tensor(values).reshape(images, 3, height, width);
        using var features = encoder.Extract(images_BCHW);
        return head.Encode(features, images_BCHW);
    }

    // Gives weights that start as zero a value, so that what they multiply has an effect.
    private static void Scatter(SegmentationHead head)
    {
        using var scope = NewDisposeScope();
        var random = new RandomStream(8);
        foreach (var (name, parameter) in head.named_parameters())
        {
            if (name.StartsWith("high_resolution", StringComparison.Ordinal) || name.StartsWith("dense_prompts", StringComparison.Ordinal))
            {
                WeightInitialization.Normal(parameter, random, 0, 0.2);
            }
        }
    }

    private static void CopyShared(SegmentationHead from, SegmentationHead to)
    {
        var source = from.state_dict();
        foreach (var (key, value) in to.state_dict())
        {
            value.copy_(source[key]);
        }
    }
}
