// Shape legend: B = images, R = register tokens, N = patch tokens (GridHeight x GridWidth, row-major), D = feature dimension.
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones;

/// <summary>What an encoder says of a batch of images. The owner disposes it, and with it the tensors.</summary>
public sealed class BackboneFeatures : IDisposable
{
    /// <summary>Bundles the tensors; the new object owns them.</summary>
    public BackboneFeatures(Tensor cls_BD, Tensor patches_BND, int gridHeight, int gridWidth, Tensor? registers_BRD = null, Tensor? prenorm_BTD = null)
    {
        (Cls, Patches, GridHeight, GridWidth, Registers, Prenorm) = (cls_BD, patches_BND, gridHeight, gridWidth, registers_BRD, prenorm_BTD);
    }

    /// <summary>One vector an image, [B, D]: the normalised cls token of a ViT, the pooled feature of a ResNet.</summary>
    public Tensor Cls { get; }

    /// <summary>The patch grid, [B, N, D], N = GridHeight x GridWidth, row by row: normalised patch tokens, or the last stage's map.</summary>
    public Tensor Patches { get; }

    /// <summary>Rows of the patch grid.</summary>
    public int GridHeight { get; }

    /// <summary>Columns of the patch grid.</summary>
    public int GridWidth { get; }

    /// <summary>Normalised register tokens, [B, R, D]; null for an encoder without registers.</summary>
    public Tensor? Registers { get; }

    /// <summary>All tokens before the final LayerNorm, [B, 1 + R + N, D]; null for an encoder that has none.</summary>
    public Tensor? Prenorm { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cls.Dispose();
        Patches.Dispose();
        Registers?.Dispose();
        Prenorm?.Dispose();
    }
}
