namespace EchoApex.Heads.Segmentation.Decoder;

/// <summary>The shape of a <see cref="MaskDecoder"/>; the defaults are Segment Anything's.</summary>
public sealed record MaskDecoderConfig
{
    /// <summary>C, the embedding dimension; a multiple of 8 and of heads times the downsample rate.</summary>
    public int EmbedDim { get; init; } = 256;

    /// <summary>Layers of the two-way transformer.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Hidden width of the transformer's MLP.</summary>
    public int MlpDim { get; init; } = 2048;

    /// <summary>By what the attention between tokens and image divides C.</summary>
    public int AttentionDownsampleRate { get; init; } = 2;

    /// <summary>Masks for a prompt that may mean several things.</summary>
    public int MultimaskOutputs { get; init; } = 3;

    /// <summary>Layers of the IoU prediction.</summary>
    public int IouHeadDepth { get; init; } = 3;

    /// <summary>Hidden width of the IoU prediction.</summary>
    public int IouHeadHiddenDim { get; init; } = 256;
}
