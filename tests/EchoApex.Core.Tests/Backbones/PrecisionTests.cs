using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones;

[NoTensorLeaks]
public sealed class PrecisionTests
{
    [TestCase("vit_small_patch16", 224, 64)]
    [TestCase("resnet50", 224, 64)]
    public void Extract_InBfloat16_GivesFloat32FeaturesCloseToThoseOfFloat32(string architecture, int imageSize, int side)
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get(architecture, imageSize), RandomStream.For(3, "test"));
        backbone.Module.eval();
        manual_seed(1);
        var images = randn(2, 3, side, side);
        using var noGrad = no_grad();
        var single = backbone.Extract(images).Cls;
        backbone.Precision = Precision.Bf16;
        var narrow = backbone.Extract(images);
        double cosine = nn.functional.cosine_similarity(single, narrow.Cls, 1).min().ReadDouble();
        double gap = (single - narrow.Cls).abs().max().ReadDouble();
        Assert.Multiple(() =>
        {
            Assert.That(narrow.Cls.dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(narrow.Patches.dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(cosine, Is.GreaterThan(0.99));
            Assert.That(gap, Is.GreaterThan(0), "bfloat16 must be another computation");
            Assert.That(backbone.ExtractIntermediate(images, [1])[0].Map.dtype, Is.EqualTo(ScalarType.Float32));
        });

        backbone.Precision = Precision.Fp32;
        Assert.That((backbone.Extract(images).Cls - single).abs().max().ReadDouble(), Is.Zero);
    }

    [TestCase("vit_small_patch16")]
    [TestCase("resnet50")]
    public void Extract_InBfloat16_GivesFloat32GradientsCloseToThoseOfFloat32(string architecture)
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get(architecture, 224), RandomStream.For(3, "test"));

        // Through 49 batch norms of four small images the gradient of a random ResNet is chaotic: rounding the pixels alone
        // turns it by 64 degrees. Fixed statistics are not.
        backbone.Module.train(architecture != "resnet50");
        manual_seed(1);
        var images = randn(4, 3, 64, 64);
        var upstream = randn(4, backbone.FeatureDimension);
        var parameter = backbone.Module.named_parameters().First(named => named.name.EndsWith("weight", StringComparison.Ordinal) && named.parameter.dim() > 1).parameter;
        Tensor Gradient(Precision precision)
        {
            backbone.Precision = precision;
            backbone.Module.zero_grad();
            (backbone.Extract(images).Cls * upstream).sum().backward();
            return parameter.grad!.detach().clone().flatten();
        }

        var (single, narrow) = (Gradient(Precision.Fp32), Gradient(Precision.Bf16));
        Assert.That(narrow.dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(nn.functional.cosine_similarity(single, narrow, 0).ReadDouble(), Is.GreaterThan(0.9));
    }
}
