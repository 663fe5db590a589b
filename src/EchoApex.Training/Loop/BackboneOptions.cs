using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Backbones;

namespace EchoApex.Training.Loop;

/// <summary>The encoder of a run.</summary>
public sealed record BackboneOptions : IValidatableObject
{
    /// <summary>The name that stands for sizes of one's own.</summary>
    public const string Custom = "vit_custom";

    /// <summary>A named architecture, such as vit_small_patch16, or vit_custom with the four sizes below.</summary>
    public string Architecture { get; init; } = "vit_small_patch16";

    /// <summary>Side of the input that the position table is made for, in pixels.</summary>
    [Range(1, 4096)]
    public int ImageSize { get; init; } = 224;

    /// <summary>vit_custom: side of a patch in pixels.</summary>
    [Range(1, 256)]
    public int? PatchSize { get; init; }

    /// <summary>vit_custom: token dimension.</summary>
    [Range(1, 8192)]
    public int? EmbedDim { get; init; }

    /// <summary>vit_custom: number of blocks.</summary>
    [Range(1, 128)]
    public int? Depth { get; init; }

    /// <summary>vit_custom: attention heads.</summary>
    [Range(1, 128)]
    public int? Heads { get; init; }

    /// <summary>Register tokens; null for the architecture's own number.</summary>
    [Range(0, 64)]
    public int? Registers { get; init; }

    /// <summary>
    /// Initial value of LayerScale; null for a network without it, as DINO v1. DINOv2: 1e-5. When the encoder starts from
    /// weights that have none, it starts at 1 instead: the initial value would silence every block.
    /// </summary>
    [Range(0.0, 10.0)]
    public double? LayerScale { get; init; }

    /// <summary>Offset when the position table is resized; null for the architecture's own. See <see cref="BackboneConfig.InterpolateOffset"/>.</summary>
    [Range(0.0, 0.99)]
    public double? InterpolateOffset { get; init; }

    /// <summary>Antialiasing when the position table is resized; null for the architecture's own.</summary>
    public bool? InterpolateAntialias { get; init; }

    /// <summary>
    /// Stochastic-depth rate of the student. Stage dino tosses a coin a sample; stage dinov2 sends a fixed share of the batch
    /// through each branch.
    /// </summary>
    [Range(0.0, 0.9)]
    public double DropPathRate { get; init; } = 0.1;

    /// <summary>The same rate in all blocks (DINOv2) instead of a linear rise from 0 (DINO v1).</summary>
    public bool DropPathUniform { get; init; }

    /// <summary>How the weights start.</summary>
    public BackboneInitializationKind Initialization { get; init; } = BackboneInitializationKind.Reference;

    /// <summary>
    /// Model folder, run folder (its exported model) or weights file to start from; null for random weights. A mask token
    /// that is missing there starts at zero.
    /// </summary>
    public string? Weights { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        bool custom = Architecture == Custom;
        int given = new[] { PatchSize, EmbedDim, Depth, Heads }.Count(value => value is not null);
        if (!custom && !BackboneArchitectures.Names.Contains(Architecture))
        {
            yield return new ValidationResult($"'{Architecture}' is unknown; it must be one of {string.Join(", ", BackboneArchitectures.Names)} or {Custom}", [nameof(Architecture)]);
        }
        else if (custom && given < 4)
        {
            yield return new ValidationResult($"{Custom} needs patch_size, embed_dim, depth and heads", [nameof(Architecture)]);
        }
        else if (!custom && given > 0)
        {
            yield return new ValidationResult($"patch_size, embed_dim, depth and heads belong to {Custom} alone", [nameof(Architecture)]);
        }
    }

    /// <summary>The encoder's configuration; with a mask token in stage dinov2 alone.</summary>
    /// <param name="stage">The method.</param>
    /// <param name="forTeacher">The teacher has no stochastic depth.</param>
    public BackboneConfig ToConfig(PretrainingStage stage, bool forTeacher)
    {
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
}
