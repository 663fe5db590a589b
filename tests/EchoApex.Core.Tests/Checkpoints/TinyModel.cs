using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Checkpoints;

/// <summary>Encoders small enough to write by the dozen.</summary>
internal static class TinyModel
{
    public static BackboneConfig Config { get; } = new()
    {
        Family = "vit",
        Architecture = "vit_tiny_test",
        ImageSize = 32,
        PatchSize = 8,
        EmbedDim = 24,
        Depth = 2,
        Heads = 3,
        MlpRatio = 2,
        Registers = 2,
        LayerScale = 0.1,
    };

    public static IBackbone Create(BackboneConfig? config = null) => BackboneFactory.Create(config ?? Config, new RandomStream(5));

    /// <summary>The cls vectors of two fixed images.</summary>
    public static float[] Features(IBackbone backbone)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        backbone.Module.eval();
        using var features = backbone.Extract((arange(2 * 3 * 32 * 32, dtype: float32) % 17 / 17).reshape(2, 3, 32, 32));
        return features.Cls.data<float>().ToArray();
    }
}
