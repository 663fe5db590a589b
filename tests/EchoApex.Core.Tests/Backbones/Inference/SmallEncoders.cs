using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones.Inference;

/// <summary>Encoders of every kind that are small enough to be run many times, with no weight at its starting value.</summary>
internal static class SmallEncoders
{
    public static readonly BackboneConfig Transformer = new()
    {
        Family = "vit", Architecture = "small test", ImageSize = 48, PatchSize = 8, EmbedDim = 48, Depth = 3, Heads = 3, Registers = 2, LayerScale = 0.5,
    };

    public static readonly BackboneConfig ResNet = new() { Family = "resnet", Architecture = "small test", ImageSize = 64, PatchSize = 32, EmbedDim = 512, Depth = 2, MaskToken = false };

    public static IBackbone Make(BackboneConfig config)
    {
        var encoder = BackboneFactory.Create(config, new RandomStream(1));
        WeightNoise.Add(encoder.Module, 2, config.Family == "vit" ? 0.1 : 0.02);
        encoder.Module.eval();
        return encoder;
    }

    public static AdapterSet Adapt(IBackbone encoder, AdapterOptions options)
    {
        var adapters = AdapterSet.Attach(encoder, options with { AllowLargerShare = true }, RandomStream.For(3, "adapters"));
        WeightNoise.Add(adapters.Parameters.Select(entry => (Tensor)entry.Parameter), 4);
        adapters.Train(false);
        return adapters;
    }

    /// <summary>Adapters of every kind that an encoder takes.</summary>
    public static IEnumerable<TestCaseData> Adapters()
    {
        yield return new TestCaseData(Transformer, new AdapterOptions { Kind = AdapterKind.AdaptFormer, Bottleneck = 8, LearnableScale = true }).SetArgDisplayNames("AdaptFormer");
        yield return new TestCaseData(Transformer, new AdapterOptions { Kind = AdapterKind.AdaptFormer, Bottleneck = 8, Normalization = AdapterNormalization.After }).SetArgDisplayNames("AdaptFormer, norm after");
        yield return new TestCaseData(Transformer, new AdapterOptions { Kind = AdapterKind.Houlsby, Bottleneck = 8, Normalization = AdapterNormalization.Before, TrainNorms = true }).SetArgDisplayNames("Houlsby, norm before, norms trained");
        yield return new TestCaseData(Transformer, new AdapterOptions { Kind = AdapterKind.Lora, LoraRank = 2, LoraTargets = [LoraTarget.Query, LoraTarget.Value, LoraTarget.Output] }).SetArgDisplayNames("Lora");
        yield return new TestCaseData(Transformer, new AdapterOptions { Kind = AdapterKind.BitFit }).SetArgDisplayNames("BitFit");
        yield return new TestCaseData(ResNet, new AdapterOptions { Kind = AdapterKind.Convolution, Bottleneck = 16 }).SetArgDisplayNames("Convolution");
    }

    public static Tensor Images(int count, int height, int width)
    {
        var images = empty([count, 3, height, width], float32);
        WeightInitialization.Normal(images, RandomStream.For(5, "images"), 0, 1);
        return images;
    }
}
