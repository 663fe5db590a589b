using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Backbones;

namespace EchoApex.Training.Loop;

/// <summary>The encoder of a run.</summary>
public sealed record BackboneOptions : IValidatableObject
{
    /// <summary>The name that stands for a ViT with sizes of one's own.</summary>
    public const string Custom = "vit_custom";

    /// <summary>The name that stands for a ResNet with sizes of one's own.</summary>
    public const string CustomResNet = "resnet_custom";

    private const string ResNet50 = "resnet50";

    /// <summary>
    /// A named architecture, such as vit_small_patch16 or resnet50; or vit_custom with the four sizes below, or resnet_custom
    /// with embed_dim and depth.
    /// </summary>
    public string Architecture { get; init; } = "vit_small_patch16";

    /// <summary>Side of the input that the position table is made for, in pixels. A ResNet has no such table: there it is only noted in the model folder.</summary>
    [Range(1, 4096)]
    public int ImageSize { get; init; } = 224;

    /// <summary>vit_custom: side of a patch in pixels.</summary>
    [Range(1, 256)]
    public int? PatchSize { get; init; }

    /// <summary>vit_custom: token dimension. resnet_custom: length of the features, 32 times the channels of the stem; ResNet50 has 2,048.</summary>
    [Range(1, 8192)]
    public int? EmbedDim { get; init; }

    /// <summary>vit_custom: number of blocks. resnet_custom: bottleneck blocks in each of the four stages; ResNet50 has 3, 4, 6 and 3.</summary>
    [Range(1, 128)]
    public int? Depth { get; init; }

    /// <summary>vit_custom: attention heads.</summary>
    [Range(1, 128)]
    public int? Heads { get; init; }

    /// <summary>ViT: register tokens; null for the architecture's own number.</summary>
    [Range(0, 64)]
    public int? Registers { get; init; }

    /// <summary>
    /// ViT: initial value of LayerScale; null for a network without it, as DINO v1. DINOv2: 1e-5. When the encoder starts from
    /// weights that have none, it starts at 1 instead: the initial value would silence every block.
    /// </summary>
    [Range(0.0, 10.0)]
    public double? LayerScale { get; init; }

    /// <summary>ViT: offset when the position table is resized; null for the architecture's own. See <see cref="BackboneConfig.InterpolateOffset"/>.</summary>
    [Range(0.0, 0.99)]
    public double? InterpolateOffset { get; init; }

    /// <summary>ViT: antialiasing when the position table is resized; null for the architecture's own.</summary>
    public bool? InterpolateAntialias { get; init; }

    /// <summary>
    /// ViT: stochastic-depth rate of the student, 0 for a ResNet, which has none. Stage dino tosses a coin a sample; stage dinov2 sends a fixed share of the batch
    /// through each branch.
    /// </summary>
    [Range(0.0, 0.9)]
    public double DropPathRate { get; init; } = 0.1;

    /// <summary>ViT: the same rate in all blocks (DINOv2) instead of a linear rise from 0 (DINO v1).</summary>
    public bool DropPathUniform { get; init; }

    /// <summary>
    /// ViT: keep each block's input alone and compute its activations again for the gradient: a third more work, a fraction
    /// of the memory, the same gradients.
    /// </summary>
    public bool Recompute { get; init; }

    /// <summary>How the weights start.</summary>
    public BackboneInitializationKind Initialization { get; init; } = BackboneInitializationKind.Reference;

    /// <summary>
    /// Model folder, run folder (its exported model) or weights file to start from; null for random weights. A mask token
    /// that is missing there starts at zero.
    /// </summary>
    public string? Weights { get; init; }

    internal bool IsResNet => Architecture is ResNet50 or CustomResNet;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        bool custom = Architecture == Custom;
        int given = new[] { PatchSize, EmbedDim, Depth, Heads }.Count(value => value is not null);
        if (!custom && Architecture != CustomResNet && !BackboneArchitectures.Names.Contains(Architecture))
        {
            yield return new ValidationResult($"'{Architecture}' is unknown; it must be one of {string.Join(", ", BackboneArchitectures.Names)}, {Custom} or {CustomResNet}", [nameof(Architecture)]);
        }
        else if (custom && given < 4)
        {
            yield return new ValidationResult($"{Custom} needs patch_size, embed_dim, depth and heads", [nameof(Architecture)]);
        }
        else if (Architecture == CustomResNet && (EmbedDim is null || EmbedDim % 512 != 0 || Depth is null || given > 2))
        {
            yield return new ValidationResult($"{CustomResNet} needs embed_dim, a multiple of 512, and depth, but neither patch_size nor heads", [nameof(Architecture)]);
        }
        else if (!custom && Architecture != CustomResNet && given > 0)
        {
            yield return new ValidationResult($"patch_size, embed_dim, depth and heads belong to {Custom} alone, embed_dim and depth to {CustomResNet} too", [nameof(Architecture)]);
        }

        if (BackboneInitialization.Fault(Initialization, IsResNet) is { } unsuited)
        {
            yield return new ValidationResult(unsuited, [nameof(Initialization)]);
        }

        foreach (var (key, fault) in IsResNet ? ResNetFaults() : [])
        {
            yield return new ValidationResult(FormattableString.Invariant($"a ResNet has {fault}"), [key]);
        }
    }

    /// <summary>The encoder's configuration; with a mask token in stage dinov2 alone.</summary>
    /// <param name="stage">The method.</param>
    /// <param name="forTeacher">The teacher has no stochastic depth.</param>
    public BackboneConfig ToConfig(PretrainingStage stage, bool forTeacher)
    {
        if (IsResNet)
        {
            var named = BackboneArchitectures.Get(ResNet50, ImageSize);
            return Architecture == ResNet50 ? named : named with { Architecture = CustomResNet, EmbedDim = EmbedDim ?? 0, Depth = Depth ?? 0 };
        }

        var config = Architecture == Custom
            ? new BackboneConfig
            {
                Family = "vit",
                Architecture = Custom,
                ImageSize = ImageSize,
                PatchSize = PatchSize ?? 0,
                EmbedDim = EmbedDim ?? 0,
                Depth = Depth ?? 0,
                Heads = Heads ?? 0,
            }
            : BackboneArchitectures.Get(Architecture, ImageSize);
        return config with
        {
            Registers = Registers ?? config.Registers,
            LayerScale = LayerScale,
            MaskToken = stage == PretrainingStage.Dinov2,
            InterpolateOffset = InterpolateOffset ?? config.InterpolateOffset,
            InterpolateAntialias = InterpolateAntialias ?? config.InterpolateAntialias,
            DropPathRate = forTeacher ? 0 : DropPathRate,
            DropPathUniform = DropPathUniform,
            DropPathPerSample = stage == PretrainingStage.Dino,
        };
    }

    // What a ResNet would pass over in silence.
    private IEnumerable<(string Key, string Fault)> ResNetFaults()
    {
        const string remedy = "leave it out";
        if (DropPathRate != 0)
        {
            yield return (nameof(DropPathRate), FormattableString.Invariant($"no stochastic depth, but the rate is {DropPathRate}; set it to 0"));
        }

        if (DropPathUniform)
        {
            yield return (nameof(DropPathUniform), $"no stochastic depth; {remedy}");
        }

        if (Registers is not null)
        {
            yield return (nameof(Registers), $"no register tokens; {remedy}");
        }

        if (LayerScale is not null)
        {
            yield return (nameof(LayerScale), $"no LayerScale; {remedy}");
        }

        if (InterpolateOffset is not null || InterpolateAntialias is not null)
        {
            yield return (InterpolateOffset is not null ? nameof(InterpolateOffset) : nameof(InterpolateAntialias), $"no position table; {remedy}");
        }
    }
}
