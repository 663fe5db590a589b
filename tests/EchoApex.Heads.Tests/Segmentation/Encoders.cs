using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;

namespace EchoApex.Heads.Tests.Segmentation;

/// <summary>Small encoders and heads for tests.</summary>
internal static class Encoders
{
    public static readonly string[] Structures = ["left_ventricle", "left_atrium"];

    public static readonly SegmentationOptions Small = new() { EmbedDim = 32, Heads = 2, MlpDim = 48, IouHeadHiddenDim = 32 };

    public static IBackbone Transformer() => Evaluate(new BackboneConfig
    {
        Family = "vit", Architecture = "vit_test", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 1, Heads = 2, MaskToken = false,
    });

    public static IBackbone ResNet() => Evaluate(new BackboneConfig { Family = "resnet", Architecture = "resnet_test", EmbedDim = 512, Depth = 1, PatchSize = 32 });

    public static SegmentationHead Head(IBackbone encoder, SegmentationOptions? options = null)
    {
        var head = new SegmentationHead(options ?? Small, encoder.FeatureDimension, Structures, RandomStream.For(5, "head"));
        head.eval();
        return head;
    }

    private static IBackbone Evaluate(BackboneConfig config)
    {
        var encoder = BackboneFactory.Create(config, RandomStream.For(5, "encoder"));
        encoder.Module.eval();
        return encoder;
    }
}
