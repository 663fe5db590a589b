using static TorchSharp.torch;

namespace EchoApex.Core.Backbones;

/// <summary>Features of one inner stage: a ViT block's tokens, or a ResNet stage's map. The owner disposes it.</summary>
public sealed class IntermediateFeatures : IDisposable
{
    /// <summary>Bundles the tensors; the new object owns them.</summary>
    public IntermediateFeatures(int index, Tensor map_BCHW, Tensor? cls_BD)
    {
        (Index, Map, Cls) = (index, map_BCHW, cls_BD);
    }

    /// <summary>Zero-based block or stage.</summary>
    public int Index { get; }

    /// <summary>The feature map, [B, C, H, W].</summary>
    public Tensor Map { get; }

    /// <summary>The cls token, [B, C]; null for an encoder without one.</summary>
    public Tensor? Cls { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Map.Dispose();
        Cls?.Dispose();
    }
}
