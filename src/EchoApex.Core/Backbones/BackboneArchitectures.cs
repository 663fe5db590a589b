using EchoApex.Core.Runtime;

namespace EchoApex.Core.Backbones;

/// <summary>The named encoders.</summary>
/// <remarks>
/// The ViTs are DINOv2's (mask token, LayerScale from 1e-5). For DINO v1, DeiT or timm weights take
/// <c>Get(name) with { LayerScale = null, MaskToken = false, DropPathPerSample = true }</c>. Names ending in _reg4 have four register tokens and
/// resize their position table as the published register weights do: antialiased, to a size.
/// </remarks>
public static class BackboneArchitectures
{
    private const string RegisterSuffix = "_reg4";
    private const string ResNet50 = "resnet50";

    /// <summary>All names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "vit_small_patch14", "vit_small_patch14_reg4",
        "vit_small_patch16", "vit_small_patch16_reg4",
        "vit_base_patch14", "vit_base_patch14_reg4",
        "vit_base_patch16", "vit_base_patch16_reg4",
        ResNet50,
    ];

    /// <summary>The configuration of a named encoder.</summary>
    /// <param name="architecture">One of <see cref="Names"/>.</param>
    /// <param name="imageSize">Side in pixels of the square input that the position table is made for: 224, or 518 for the published DINOv2 weights.</param>
    /// <exception cref="ConfigurationException">The name is unknown, or the image size does not fit the patch.</exception>
    public static BackboneConfig Get(string architecture, int imageSize = 224)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        if (!Names.Contains(architecture, StringComparer.Ordinal))
        {
            throw new ConfigurationException("architecture", $"\"{architecture}\" is unknown; it must be one of {string.Join(", ", Names)}.");
        }

        var config = architecture == ResNet50
            ? new BackboneConfig { Family = "resnet", Architecture = architecture, ImageSize = imageSize, PatchSize = 32, MaskToken = false }
            : VisionTransformer(architecture, imageSize);
        BackboneValidation.ThrowIfInvalid(config);
        return config;
    }

    private static BackboneConfig VisionTransformer(string architecture, int imageSize)
    {
        bool small = architecture.StartsWith("vit_small", StringComparison.Ordinal);
        bool registers = architecture.EndsWith(RegisterSuffix, StringComparison.Ordinal);
        return new BackboneConfig
        {
            Family = "vit",
            Architecture = architecture,
            ImageSize = imageSize,
            PatchSize = architecture.Contains("patch14", StringComparison.Ordinal) ? 14 : 16,
            EmbedDim = small ? 384 : 768,
            Depth = 12,
            Heads = small ? 6 : 12,
            Registers = registers ? 4 : 0,
            LayerScale = 1e-5,
            InterpolateOffset = registers ? 0 : 0.1,
            InterpolateAntialias = registers,
        };
    }
}
