using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.SelfDistillation;

/// <summary>The shape and the initial weights of a <see cref="ProjectionHead"/>.</summary>
public sealed record ProjectionHeadOptions
{
    /// <summary>Length of the encoder's feature vector.</summary>
    [Range(1, 1 << 20)]
    public required int InputDim { get; init; }

    /// <summary>Width of the hidden layers.</summary>
    [Range(1, 1 << 20)]
    public int HiddenDim { get; init; } = 2048;

    /// <summary>Length of the L2-normalised vector before the prototypes.</summary>
    [Range(1, 1 << 20)]
    public int BottleneckDim { get; init; } = 256;

    /// <summary>Number of prototypes K, the length of the head's output.</summary>
    [Range(2, 1 << 24)]
    public int Prototypes { get; init; } = 65536;

    /// <summary>Linear layers before the prototypes; 1 means a single Linear to the bottleneck.</summary>
    [Range(1, 16)]
    public int Layers { get; init; } = 3;

    /// <summary>BatchNorm after each hidden Linear (not after the last). Off in both papers' recipes.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>
    /// Whether the norms of the prototypes (weight_g) stay at 1: DINO's norm_last_layer. DINOv2 trains them: false.
    /// </summary>
    public bool FreezeLastLayerNorm { get; init; } = true;

    /// <summary>Standard deviation of the initial Linear weights (the prototypes keep PyTorch's Linear default).</summary>
    [Range(1e-6, 10)]
    public double InitStd { get; init; } = 0.02;

    /// <summary>
    /// When set, replaces <see cref="InitStd"/> by gain / sqrt(fan in) for each Linear: our own choice for narrow networks,
    /// where 0.02 starves the signal.
    /// </summary>
    [Range(1e-6, 100)]
    public double? InitGain { get; init; }
}
