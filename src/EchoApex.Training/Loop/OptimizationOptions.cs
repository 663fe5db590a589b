using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Runtime;
using EchoApex.Training.Optimization;
using EchoApex.Training.Schedules;

namespace EchoApex.Training.Loop;

/// <summary>Length, batch and schedules of a run. All schedules change from step to step, but are given in epochs.</summary>
public sealed record OptimizationOptions : IValidatableObject
{
    /// <summary>Samples (not crops) a step.</summary>
    [Range(1, 1 << 16)]
    public int BatchSize { get; init; } = 64;

    /// <summary>
    /// Equal parts in which the samples of a step go through the networks one after the other, so that a large batch fits a
    /// small memory. Targets, centers and Sinkhorn-Knopp see the whole batch, and the gradient is that of the whole batch,
    /// but for three things that see a part alone: KoLeo finds neighbours within it, BatchNorm normalises over it, and
    /// dinov2's stochastic depth keeps its share of it.
    /// </summary>
    [Range(1, 4096)]
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>Length of the run in epochs.</summary>
    [Range(1, 1_000_000)]
    public int Epochs { get; init; } = 100;

    /// <summary>Steps that make an epoch; null for one pass over the data.</summary>
    [Range(1, 100_000_000)]
    public int? StepsPerEpoch { get; init; }

    /// <summary>What takes the steps: adamw, or sgd as DINO does for ResNet50.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adamw;

    /// <summary>The constants of adamw.</summary>
    public AdamWOptions Adamw { get; init; } = new();

    /// <summary>sgd: share of the last step's direction that is kept.</summary>
    [Range(0.0, 0.9999)]
    public double SgdMomentum { get; init; } = 0.9;

    /// <summary>Peak learning rate before the rule is applied.</summary>
    [Range(0.0, 100)]
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>How the peak learning rate follows the batch: linear_256 (DINO v1), sqrt_1024 (DINOv2), any other number in their place, or constant.</summary>
    public string LearningRateRule { get; init; } = "linear_256";

    /// <summary>Learning rate at the end.</summary>
    [Range(0.0, 100)]
    public double FinalLearningRate { get; init; } = 1e-6;

    /// <summary>Epochs of the linear warm-up from 0; fractions allowed.</summary>
    [Range(0.0, 1_000_000)]
    public double WarmupEpochs { get; init; } = 10;

    /// <summary>Weight decay at the start.</summary>
    [Range(0.0, 10)]
    public double WeightDecay { get; init; } = 0.04;

    /// <summary>Weight decay at the end of its cosine.</summary>
    [Range(0.0, 10)]
    public double FinalWeightDecay { get; init; } = 0.4;

    /// <summary>Share of the old teacher kept at each step, at the start.</summary>
    [Range(0.0, 1.0)]
    public double TeacherMomentum { get; init; } = 0.996;

    /// <summary>The same at the end of its cosine.</summary>
    [Range(0.0, 1.0)]
    public double FinalTeacherMomentum { get; init; } = 1;

    /// <summary>Largest gradient norm; 0 turns clipping off.</summary>
    [Range(0.0, 1e6)]
    public double ClipGradient { get; init; } = 3;

    /// <summary>Over what the norm is taken.</summary>
    public ClippingKind ClippingKind { get; init; } = ClippingKind.EachParameter;

    /// <summary>Epochs during which the prototypes hold still; fractions allowed.</summary>
    [Range(0.0, 1_000_000)]
    public double FreezeLastLayerEpochs { get; init; } = 1;

    /// <summary>Stage dinov2: factor on the learning rate from one block to the one below; 1 for none. DINOv2: 0.9.</summary>
    [Range(0.01, 1.0)]
    public double LayerDecay { get; init; } = 1;

    /// <summary>Stage dinov2: further factor on the learning rate of the patch embedding. DINOv2: 0.2.</summary>
    [Range(0.0, 10.0)]
    public double PatchEmbedMultiplier { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Optimizer == OptimizerKind.Sgd && Adamw != new AdamWOptions())
        {
            yield return new ValidationResult("belongs to optimizer adamw; leave it out with sgd", [nameof(Adamw)]);
        }

        if (Optimizer == OptimizerKind.Adamw && SgdMomentum != new OptimizationOptions().SgdMomentum)
        {
            yield return new ValidationResult("belongs to optimizer sgd; adamw has beta1", [nameof(SgdMomentum)]);
        }

        if (BatchSize % AccumulationSteps != 0)
        {
            yield return new ValidationResult(FormattableString.Invariant($"{AccumulationSteps} does not divide batch_size {BatchSize}; the parts must be equal"), [nameof(AccumulationSteps)]);
        }

        if (WarmupEpochs > Epochs)
        {
            yield return new ValidationResult(FormattableString.Invariant($"{WarmupEpochs} is longer than the run of {Epochs} epochs"), [nameof(WarmupEpochs)]);
        }

        string? fault = null;
        try
        {
            Schedules.LearningRateRule.Parse(LearningRateRule);
        }
        catch (ConfigurationException error)
        {
            fault = error.Message;
        }

        if (fault is not null)
        {
            yield return new ValidationResult(fault, [nameof(LearningRateRule)]);
        }
    }

    /// <summary>The optimizer over given parameters; the caller disposes it.</summary>
    internal IOptimizer CreateOptimizer(FlatParameters parameters) =>
        Optimizer == OptimizerKind.Sgd ? new Sgd(parameters, SgdMomentum) : new AdamW(parameters, Adamw);
}
