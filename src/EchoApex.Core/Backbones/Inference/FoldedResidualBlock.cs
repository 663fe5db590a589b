using EchoApex.Core.Backbones.ResNet;

namespace EchoApex.Core.Backbones.Inference;

/// <summary>A residual block of a ResNet for inference, batch norms merged.</summary>
internal sealed class FoldedResidualBlock : IDisposable
{
    private FoldedResidualBlock(Bottleneck block)
    {
        Layers = [.. block.Layers.Select(FoldedConvolution.Of)];
        Shortcut = block.Shortcut is { } shortcut ? FoldedConvolution.Of(shortcut.Layer) : null;
        Adapter = block.Adapter is { } adapter
            ? [FoldedConvolution.Of(adapter.Down), FoldedConvolution.Of(adapter.Spatial), FoldedConvolution.Of(adapter.Up, adapter.Scale)]
            : [];
    }

    /// <summary>1x1, 3x3, 1x1; ReLU after the first two, and after the third once the shortcut is added.</summary>
    public IReadOnlyList<FoldedConvolution> Layers { get; }

    /// <summary>The projection of the input; null where the input itself is added.</summary>
    public FoldedConvolution? Shortcut { get; }

    /// <summary>1x1, ReLU, 3x3, ReLU, 1x1 of the block's result, added to it; empty for none.</summary>
    public IReadOnlyList<FoldedConvolution> Adapter { get; }

    /// <summary>A copy of a block as it computes in evaluation.</summary>
    public static FoldedResidualBlock Of(Bottleneck block) => new(block);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in Layers.Concat(Adapter))
        {
            part.Dispose();
        }

        Shortcut?.Dispose();
    }
}
