using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace EchoApex.Core.Backbones;

/// <summary>The shape of an encoder, as it stands in a model folder's config.json.</summary>
public sealed record BackboneConfig
{
    /// <summary>"vit" or "resnet".</summary>
    public required string Family { get; init; }

    /// <summary>Name of the architecture, such as "vit_small_patch14" or "resnet50"; free for custom sizes.</summary>
    public required string Architecture { get; init; }

    /// <summary>Side of the square input that the position table was made for, in pixels.</summary>
    [Range(1, 4096)]
    public int ImageSize { get; init; } = 224;

    /// <summary>Input channels.</summary>
    [Range(1, 16)]
    public int InputChannels { get; init; } = 3;

    /// <summary>ViT: side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 16;

    /// <summary>
    /// ViT: token dimension D. ResNet: 0 for ResNet50; for one of another size the length of its features, 32 times the
    /// channels of its stem.
    /// </summary>
    public int EmbedDim { get; init; }

    /// <summary>ViT: number of blocks. ResNet: 0 for ResNet50's 3, 4, 6 and 3; for one of another size the blocks of each of its four stages.</summary>
    public int Depth { get; init; }

    /// <summary>ViT: attention heads.</summary>
    public int Heads { get; init; }

    /// <summary>ViT: hidden width of the MLP as a multiple of D.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>ViT: number of register tokens (0 or 4 in published weights).</summary>
    public int Registers { get; init; }

    /// <summary>ViT: initial LayerScale value; null for a network without LayerScale (DINO v1, DeiT, timm).</summary>
    public double? LayerScale { get; init; }

    /// <summary>ViT: whether the network has a mask token (DINOv2).</summary>
    public bool MaskToken { get; init; } = true;

    /// <summary>
    /// ViT: offset added to the target grid when the position table is resized; 0.1 passes a scale factor as DINO and the
    /// DINOv2 weights without registers do, 0 passes the size.
    /// </summary>
    public double InterpolateOffset { get; init; } = 0.1;

    /// <summary>ViT: antialiasing when the position table is resized; true for the DINOv2 weights with registers.</summary>
    public bool InterpolateAntialias { get; init; }

    /// <summary>ViT: largest stochastic-depth rate while training.</summary>
    public double DropPathRate { get; init; }

    /// <summary>ViT: the same stochastic-depth rate in all blocks instead of a linear rise from 0.</summary>
    public bool DropPathUniform { get; init; }

    /// <summary>
    /// ViT: stochastic depth tosses a coin for each sample, as DINO v1 and timm do; otherwise a fixed share of the batch
    /// goes through each branch, as DINOv2 trains.
    /// </summary>
    public bool DropPathPerSample { get; init; }

    /// <summary>The length of a feature vector: <see cref="EmbedDim"/>, or 2,048 for ResNet50.</summary>
    [JsonIgnore]
    public int FeatureDimension => Family == "resnet" && EmbedDim == 0 ? 2048 : EmbedDim;
}
