// Shape legend: B = images, H, W = input size in pixels, N = patches (H / PatchSize x W / PatchSize), D = feature dimension.
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Backbones;

/// <summary>An image encoder: ViT-S, ViT-B or ResNet50, behind one face.</summary>
/// <remarks>
/// Inputs are normalised float images [B, 3, H, W]. Results belong to the caller; intermediate tensors are disposed
/// inside. Gradients flow unless the caller is in <c>no_grad</c>.
/// </remarks>
public interface IBackbone : IDisposable
{
    /// <summary>What was built: everything needed to build it again.</summary>
    BackboneConfig Config { get; }

    /// <summary>The network, for its parameters, state dict, device and training mode.</summary>
    nn.Module Module { get; }

    /// <summary>D, the length of the cls vector and of a patch token: 384, 768 or 2,048.</summary>
    int FeatureDimension { get; }

    /// <summary>Pixels between two neighbouring patches: 14 or 16, or 32 for ResNet50. H and W must be multiples of it.</summary>
    int PatchSize { get; }

    /// <summary>Number of stages for <see cref="ExtractIntermediate"/>: 12 blocks, or 4 ResNet stages.</summary>
    int StageCount { get; }

    /// <summary>The format that the network computes in: float32 unless set. Features are float32 either way.</summary>
    Precision Precision { get; set; }

    /// <summary>Encodes images.</summary>
    /// <param name="images_BCHW">Normalised images [B, 3, H, W].</param>
    /// <param name="masks_BN">Optional bool [B, N]: true patches are replaced by the mask token (ViT only).</param>
    /// <exception cref="ArgumentException">The shape does not fit, or masks are given to an encoder without a mask token.</exception>
    BackboneFeatures Extract(Tensor images_BCHW, Tensor? masks_BN = null);

    /// <summary>Encodes images and returns inner stages.</summary>
    /// <param name="images_BCHW">Normalised images [B, 3, H, W].</param>
    /// <param name="stages">Zero-based stages, ascending.</param>
    /// <param name="applyFinalNorm">ViT: whether the final LayerNorm is applied to each stage's tokens, as the reference does by default.</param>
    /// <returns>One entry a requested stage, in order.</returns>
    IReadOnlyList<IntermediateFeatures> ExtractIntermediate(Tensor images_BCHW, IReadOnlyList<int> stages, bool applyFinalNorm = true);
}
