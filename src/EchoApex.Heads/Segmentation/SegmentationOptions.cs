using System.ComponentModel.DataAnnotations;

namespace EchoApex.Heads.Segmentation;

/// <summary>The shape of a <see cref="SegmentationHead"/>. The defaults are Segment Anything's where it has the part, so that its decoder's weights fit.</summary>
public sealed record SegmentationOptions : IValidatableObject
{
    /// <summary>C, the dimension of tokens and of the image's features; a multiple of 8 and of heads x attention_downsample_rate.</summary>
    [Range(32, 1024)]
    public int EmbedDim { get; init; } = 256;

    /// <summary>Layers of the two-way transformer.</summary>
    [Range(1, 12)]
    public int Depth { get; init; } = 2;

    /// <summary>Attention heads.</summary>
    [Range(1, 64)]
    public int Heads { get; init; } = 8;

    /// <summary>Hidden width of the transformer's MLP.</summary>
    [Range(8, 16384)]
    public int MlpDim { get; init; } = 2048;

    /// <summary>By what the attention between tokens and image divides C.</summary>
    [Range(1, 8)]
    public int AttentionDownsampleRate { get; init; } = 2;

    /// <summary>Masks for a prompt that may mean several things.</summary>
    [Range(1, 8)]
    public int MultimaskOutputs { get; init; } = 3;

    /// <summary>Layers of the prediction of the IoU.</summary>
    [Range(1, 8)]
    public int IouHeadDepth { get; init; } = 3;

    /// <summary>Hidden width of the prediction of the IoU.</summary>
    [Range(8, 4096)]
    public int IouHeadHiddenDim { get; init; } = 256;

    /// <summary>Channels inside the way of a mask prompt; a multiple of 4.</summary>
    [Range(4, 256)]
    public int MaskChannels { get; init; } = 16;

    /// <summary>
    /// Whether features of the picture itself sharpen the masks (ours): masks then have half the input's resolution whatever
    /// the patch size, without it four times the patch grid's.
    /// </summary>
    public bool HighResolution { get; init; } = true;

    /// <summary>Channels of that path (ours).</summary>
    [Range(16, 256)]
    public int HighResolutionChannels { get; init; } = 16;

    /// <summary>
    /// Whether points and boxes are also drawn into maps that are added to the image's features (ours): the head then learns where
    /// a prompt lies within hundreds of steps instead of thousands.
    /// </summary>
    public bool DensePrompts { get; init; } = true;

    /// <summary>Whether the head learns a token for each structure, which serves as a prompt by itself: the automatic mode (ours).</summary>
    public bool ClassTokens { get; init; } = true;

    /// <summary>
    /// Whether a convolutional path says of each pixel which structure it shows, and masks start from what the prompt asks for of it
    /// (ours). It learns in hundreds of steps what mask vectors alone need many thousands for; structures that the head was not
    /// trained on are left to those.
    /// </summary>
    public bool SemanticPrior { get; init; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (EmbedDim % 8 != 0 || EmbedDim % (Heads * AttentionDownsampleRate) != 0)
        {
            yield return new ValidationResult(
                $"{EmbedDim} must be a multiple of 8 and of heads x attention_downsample_rate = {Heads} x {AttentionDownsampleRate}", [nameof(EmbedDim)]);
        }

        if (MaskChannels % 4 != 0)
        {
            yield return new ValidationResult($"{MaskChannels} must be a multiple of 4", [nameof(MaskChannels)]);
        }
    }
}
