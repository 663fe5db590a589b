using System.ComponentModel.DataAnnotations;

namespace EchoApex.Training.Loop;

/// <summary>The projection head of a run; see <see cref="SelfDistillation.ProjectionHead"/>.</summary>
public sealed record HeadOptions
{
    /// <summary>Width of the hidden layers.</summary>
    [Range(1, 1 << 16)]
    public int HiddenDim { get; init; } = 2048;

    /// <summary>Length of the normalised vector before the prototypes.</summary>
    [Range(1, 1 << 16)]
    public int BottleneckDim { get; init; } = 256;

    /// <summary>Number of prototypes K.</summary>
    [Range(2, 1 << 24)]
    public int Prototypes { get; init; } = 65536;

    /// <summary>Linear layers before the prototypes.</summary>
    [Range(1, 16)]
    public int Layers { get; init; } = 3;

    /// <summary>
    /// BatchNorm after each hidden layer; an option of DINO v1, off by default. Ours in stage dinov2 (the reference has none
    /// there): the teacher's head then uses the statistics of its own batch, as in DINO v1.
    /// </summary>
    public bool BatchNorm { get; init; }

    /// <summary>Whether the prototypes keep length 1 (norm_last_layer). DINO v1: true; DINOv2 trains and decays their lengths: false.</summary>
    public bool FreezeLastLayerNorm { get; init; } = true;

    /// <summary>Ours: initial weights have the standard deviation gain/sqrt(fan in); null for the reference's 0.02.</summary>
    [Range(1e-3, 100)]
    public double? InitGain { get; init; }

    /// <summary>Run folder whose last checkpoint gives the teacher's head to start from; null for random weights. The sizes must be the same.</summary>
    public string? Weights { get; init; }
}
