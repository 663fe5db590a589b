using EchoApex.Core.Imaging;

namespace EchoApex.Core.Checkpoints;

/// <summary>What to import and as what.</summary>
public sealed record ImportOptions
{
    /// <summary>Family of the file: "dinov2", "dino", "timm" or "torchvision".</summary>
    public required string From { get; init; }

    /// <summary>The weights, .pth or .safetensors.</summary>
    public required string Weights { get; init; }

    /// <summary>Name of the encoder, one of <see cref="Backbones.BackboneArchitectures.Names"/>.</summary>
    public required string Architecture { get; init; }

    /// <summary>
    /// Side of the square images that the file was made for, in pixels: 518 for DINOv2's published weights. Null takes it from
    /// the position table; a number that differs from the table is an error. For a ResNet, which has no table, 224.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>
    /// Mean of red, green, blue (scale 0..1) that the weights were trained with. A weights file does not say: the default is
    /// ImageNet's, which DINO, DINOv2 and torchvision use; timm's AugReg models were trained with 0.5.
    /// </summary>
    public IReadOnlyList<double> Mean { get; init; } = new Preprocessing().Mean;

    /// <summary>Standard deviation of red, green, blue, like <see cref="Mean"/>; timm's AugReg models: 0.5.</summary>
    public IReadOnlyList<double> Std { get; init; } = new Preprocessing().Std;

    /// <summary>The model folder to make.</summary>
    public required string Output { get; init; }

    /// <summary>A name for people; null for one made of family and architecture.</summary>
    public string? Name { get; init; }
}
