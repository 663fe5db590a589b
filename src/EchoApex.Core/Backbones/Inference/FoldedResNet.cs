using EchoApex.Core.Backbones.ResNet;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A ResNet's numbers for inference, batch norms merged. It owns its tensors, which are copies.</summary>
internal sealed class FoldedResNet : IDisposable
{
    private FoldedResNet(ResNetBackbone backbone)
    {
        Config = backbone.Config;
        Stem = FoldedConvolution.Of(backbone.StemLayer);
        var blocks = new Queue<FoldedResidualBlock>(backbone.Blocks.Select(FoldedResidualBlock.Of));
        Stages = [.. backbone.StageSizes.Select(size => Enumerable.Range(0, size).Select(_ => blocks.Dequeue()).ToArray())];
    }

    /// <summary>The network's shape.</summary>
    public BackboneConfig Config { get; }

    /// <summary>The first convolution; ReLU and a 3x3 maximum with stride 2 follow.</summary>
    public FoldedConvolution Stem { get; }

    /// <summary>The blocks of each stage.</summary>
    public IReadOnlyList<IReadOnlyList<FoldedResidualBlock>> Stages { get; }

    /// <summary>A copy of a network as it computes in evaluation.</summary>
    public static FoldedResNet Of(ResNetBackbone backbone) => new(backbone);

    /// <inheritdoc/>
    public void Dispose()
    {
        Stem.Dispose();
        foreach (var block in Stages.SelectMany(stage => stage))
        {
            block.Dispose();
        }
    }
}
