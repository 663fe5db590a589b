using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Backbones;

public sealed class BackboneArchitecturesTests
{
    [Test]
    public void Names_AreTheNineEncoders()
    {
        string[] vits = [.. from size in new[] { "small", "base" } from patch in new[] { 14, 16 } from suffix in new[] { "", "_reg4" } select $"vit_{size}_patch{patch}{suffix}"];
        Assert.That(BackboneArchitectures.Names, Is.EqualTo(vits.Append("resnet50")));
    }

    [TestCase("vit_small_patch14", 518, 384, 14, 6, 0, 0.1, false)]
    [TestCase("vit_small_patch16", 224, 384, 16, 6, 0, 0.1, false)]
    [TestCase("vit_base_patch14_reg4", 518, 768, 14, 12, 4, 0, true)]
    [TestCase("vit_base_patch16_reg4", 224, 768, 16, 12, 4, 0, true)]
    public void Get_OfAVit_GivesItsShape(string name, int imageSize, int embedDim, int patch, int heads, int registers, double offset, bool antialias)
    {
        var config = BackboneArchitectures.Get(name, imageSize);
        Assert.That(config, Is.EqualTo(new BackboneConfig
        {
            Family = "vit",
            Architecture = name,
            ImageSize = imageSize,
            PatchSize = patch,
            EmbedDim = embedDim,
            Depth = 12,
            Heads = heads,
            Registers = registers,
            LayerScale = 1e-5,
            MaskToken = true,
            InterpolateOffset = offset,
            InterpolateAntialias = antialias,
        }));
        Assert.That(config.FeatureDimension, Is.EqualTo(embedDim));
    }

    [Test]
    public void Get_OfResNet50_HasFeaturesOf2048()
    {
        var config = BackboneArchitectures.Get("resnet50");
        Assert.That((config.Family, config.FeatureDimension, config.PatchSize), Is.EqualTo(("resnet", 2048, 32)));
    }

    [TestCase("vit_huge_patch14")]
    [TestCase("VIT_SMALL_PATCH14")]
    [TestCase("")]
    public void Get_OfAnUnknownName_ListsTheNames(string name) =>
        Assert.That(() => BackboneArchitectures.Get(name), Throws.TypeOf<ConfigurationException>().With.Message.Contains(name).And.Message.Contains("vit_base_patch16_reg4").And.Message.Contains("resnet50"));

    [Test]
    public void Get_OfASizeThatDoesNotFitThePatch_NamesBoth() =>
        Assert.That(() => BackboneArchitectures.Get("vit_small_patch14", 225), Throws.TypeOf<ConfigurationException>().With.Message.Contains("225").And.Message.Contains("14"));
}
