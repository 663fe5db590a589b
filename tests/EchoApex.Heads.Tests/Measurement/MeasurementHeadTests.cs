// Shape legend: B = images, H, W = pixels, K = landmarks, h, w = cells of a heat map.
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Measurement;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Measurement;

[NoTensorLeaks]
public sealed class MeasurementHeadTests
{
    private static readonly BackboneConfig Vit = new() { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 4, Heads = 3 };
    private static readonly BackboneConfig ResNet = new() { Family = "resnet", Architecture = "tiny", ImageSize = 64, PatchSize = 32, EmbedDim = 512, Depth = 1 };
    private static readonly MeasurementHeadOptions Small = new() { Width = 16, StemWidth = 16 };

    [TestCase("vit", 2)]
    [TestCase("vit", 4)]
    [TestCase("resnet", 2)]
    public void Heatmaps_AnyEncoder_HaveTheStrideAndFiniteGradients(string family, int stride)
    {
        using var encoder = BackboneFactory.Create(family == "vit" ? Vit : ResNet, new RandomStream(1));
        using var head = Head(encoder, Small with { HeatmapStride = stride });
        using var images_BCHW = Images(2, 64);
        using var logits_BKhw = head.Heatmaps(encoder, images_BCHW);
        Assert.That(logits_BKhw.shape, Is.EqualTo(new long[] { 2, 6, 64 / stride, 64 / stride }));
        using (var scope = NewDisposeScope())
        {
            logits_BKhw.mul(logits_BKhw).sum().backward();
            foreach (var (name, parameter) in head.named_parameters().Concat(encoder.Module.named_parameters()))
            {
                // Masked images alone reach the mask token; the final norm's stage gradients are checked with the others.
                Assert.That(name == "mask_token" || Finite(parameter), Is.True, name);
            }
        }

    }

    [Test]
    public void Heatmaps_SameSeed_AreEqualAndOtherSeedIsNot()
    {
        using var encoder = BackboneFactory.Create(Vit, new RandomStream(1));
        using var images_BCHW = Images(1, 32);
        float[] Run(ulong seed)
        {
            using var noGrad = no_grad();
            using var head = new MeasurementHead(Vit, 4, Small, new RandomStream(seed));
            using var logits = head.Heatmaps(encoder, images_BCHW);
            return logits.data<float>().ToArray();
        }

        Assert.That(Run(3), Is.EqualTo(Run(3)));
        Assert.That(Run(4), Is.Not.EqualTo(Run(3)));
    }

    [Test]
    public void Constructor_WiderParts_HaveMoreParameters()
    {
        static long Count(MeasurementHeadOptions options)
        {
            using var head = new MeasurementHead(Vit, 4, options, new RandomStream(1));
            return head.parameters().Sum(parameter => parameter.numel());
        }

        Assert.That(Count(Small with { Width = 32 }), Is.GreaterThan(Count(Small)));
        Assert.That(Count(Small with { StemWidth = 32 }), Is.GreaterThan(Count(Small)));
        Assert.That(Count(Small with { Landmarks = ["a"] }), Is.EqualTo(Count(Small) - (5 * 17)), "five maps of 16 weights and a bias less");
    }

    [Test]
    public void Constructor_StageThatDoesNotExist_IsRefused()
    {
        Assert.That(() => new MeasurementHead(Vit, 4, Small with { Stages = [1, 4] }, new RandomStream(1)), Throws.TypeOf<ConfigurationException>().With.Message.Contains("0 to 3"));
    }

    [Test]
    public void Constructor_WidthNotAMultipleOf16_IsRefused() =>
        Assert.That(() => new MeasurementHead(Vit, 4, Small with { Width = 24 }, new RandomStream(1)), Throws.TypeOf<ConfigurationException>().With.Message.Contains("32"));

    [Test]
    public void Stages_OfTwelveBlocks_AreEveryThird()
    {
        using var head = new MeasurementHead(Vit, 12, Small, new RandomStream(1));
        Assert.That(head.Stages, Is.EqualTo(new[] { 2, 5, 8, 11 }));
    }

    [Test]
    public void Stages_Given_ReplaceTheDefault()
    {
        using var encoder = BackboneFactory.Create(Vit, new RandomStream(1));
        using var head = Head(encoder, Small with { Stages = [1, 3] });
        using var images_BCHW = Images(1, 32);
        using var noGrad = no_grad();
        using var logits_BKhw = head.Heatmaps(encoder, images_BCHW);
        Assert.That(head.Stages, Is.EqualTo(new[] { 1, 3 }));
        Assert.That(logits_BKhw.shape, Is.EqualTo(new long[] { 1, 6, 16, 16 }));
    }

    private static bool Finite(Tensor parameter)
    {
        using var scope = NewDisposeScope();
        return parameter.grad is { } gradient && gradient.isfinite().all().ReadDouble() == 1;
    }

    private static MeasurementHead Head(IBackbone encoder, MeasurementHeadOptions options) =>
        new(encoder.Config, encoder.StageCount, options, new RandomStream(2));

    private static Tensor Images(int count, int side)
    {
        float[] values = new float[count * 3 * side * side];
        new RandomStream(7).FillNormal(values, 0, 1);
        using var flat = tensor(values);
        return flat.reshape(count, 3, side, side);
    }
}
