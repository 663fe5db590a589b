using System.ComponentModel.DataAnnotations;

namespace EchoApex.Core.Adapters;

/// <summary>How a frozen encoder is adapted.</summary>
public sealed record AdapterOptions : IValidatableObject
{
    /// <summary>The kind.</summary>
    public AdapterKind Kind { get; init; } = AdapterKind.AdaptFormer;

    /// <summary>
    /// Width of the bottleneck of <see cref="AdapterKind.AdaptFormer"/>, <see cref="AdapterKind.Houlsby"/> and
    /// <see cref="AdapterKind.Convolution"/>. Null, the default, takes the widest multiple of 8 up to 64 that keeps
    /// <see cref="MaximumShare"/> (64 is AdaptFormer's own). Convolutions take 16 and more.
    /// </summary>
    [Range(1, 4096)]
    public int? Bottleneck { get; init; }

    /// <summary>Factor of the adapter's output; AdaptFormer's is 0.1. Where it is <see cref="LearnableScale">learned</see> it starts here.</summary>
    [Range(0.0, 100.0)]
    public double Scale { get; init; } = 0.1;

    /// <summary>Whether the factor is a parameter.</summary>
    public bool LearnableScale { get; init; }

    /// <summary>Where the adapter normalises.</summary>
    public AdapterNormalization Normalization { get; init; }

    /// <summary>
    /// Whether the scales and shifts of the encoder's own norms are trained too, as Houlsby et al. 2019, section 2.1, do beside their
    /// adapters. They are saved with the adapters and count in the share. Off by default: AdaptFormer and LoRA leave them frozen.
    /// </summary>
    public bool TrainNorms { get; init; }

    /// <summary>Share of the bottleneck's values that is dropped while training; AdaptFormer's is 0.1. LoRA drops inputs.</summary>
    [Range(0.0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>LoRA: rank of the update.</summary>
    [Range(1, 4096)]
    public int LoraRank { get; init; } = 8;

    /// <summary>LoRA: the update is scaled by this over the rank.</summary>
    [Range(0.001, 10_000.0)]
    public double LoraAlpha { get; init; } = 16;

    /// <summary>LoRA: which projections are changed.</summary>
    [MinLength(1)]
    public IReadOnlyList<LoraTarget> LoraTargets { get; init; } = [LoraTarget.Query, LoraTarget.Value];

    /// <summary>Largest share of trainable parameters: those of the adapters, over encoder and adapters. Heads are not counted.</summary>
    [Range(0.0, 1.0)]
    public double MaximumShare { get; init; } = 0.04;

    /// <summary>Whether a configuration above <see cref="MaximumShare"/> may run.</summary>
    public bool AllowLargerShare { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Kind == AdapterKind.Convolution && Bottleneck < ConvolutionAdapter.MinimumWidth)
        {
            yield return new ValidationResult($"is {Bottleneck}; convolutional adapters take {ConvolutionAdapter.MinimumWidth} or more", [nameof(Bottleneck)]);
        }

        if (LoraTargets is not null && LoraTargets.Distinct().Count() != LoraTargets.Count)
        {
            yield return new ValidationResult("names a projection twice", [nameof(LoraTargets)]);
        }
    }
}
