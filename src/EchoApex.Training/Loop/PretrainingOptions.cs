using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Loop;

/// <summary>
/// Everything that decides a pretraining run. The defaults are those of DINO v1's ViT-S/16 recipe (main_dino.py and its
/// README); options marked "ours" are not in the reference. For stage dinov2 start from the preset vits14-dinov2, whose
/// values are DINOv2's.
/// </summary>
public sealed record PretrainingOptions : IValidatableObject
{
    /// <summary>The method: dino or dinov2.</summary>
    public PretrainingStage Stage { get; init; } = PretrainingStage.Dino;

    /// <summary>
    /// The format that networks compute in: fp32 or bf16. Weights, optimizer, losses, centers, norms and the moving average
    /// are float32 either way. The references train in fp16 with a loss scale; bf16 needs none.
    /// </summary>
    public Precision Precision { get; init; }

    /// <summary>Seed of weights, sampling, augmentation, masks and stochastic depth.</summary>
    public ulong Seed { get; init; }

    /// <summary>Which clips, and how they are read.</summary>
    public DataOptions Data { get; init; } = new();

    /// <summary>Views of a sample.</summary>
    public MultiCropOptions Augmentation { get; init; } = new();

    /// <summary>The encoder.</summary>
    public BackboneOptions Backbone { get; init; } = new();

    /// <summary>The projection head.</summary>
    public HeadOptions Head { get; init; } = new();

    /// <summary>Teacher targets and loss weights.</summary>
    public TargetOptions Targets { get; init; } = new();

    /// <summary>The patch loss and its masks: stage dinov2 alone.</summary>
    public IbotOptions Ibot { get; init; } = new();

    /// <summary>Length, batch, schedules.</summary>
    public OptimizationOptions Optimization { get; init; } = new();

    /// <summary>Accuracy on labelled clips while the run goes on; off by default.</summary>
    public OnlineProbeOptions Probe { get; init; } = new();

    /// <summary>Logging, checkpoints, threads: options that do not change the numbers of a run.</summary>
    public RunOptions Run { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Augmentation.Global.Count != 2)
        {
            yield return new ValidationResult($"global.count is {Augmentation.Global.Count}; DINO compares exactly 2 global crops", [nameof(Augmentation)]);
        }

        if (Targets.KoleoWeight > 0 && Optimization.BatchSize / Optimization.AccumulationSteps < 2)
        {
            yield return new ValidationResult("koleo_weight needs at least 2 samples in a batch, or in each part of it: a lone image has no neighbour", [nameof(Targets)]);
        }

        if (Backbone.IsResNet)
        {
            foreach (var fault in ValidateResNet())
            {
                yield return fault;
            }
        }

        if (Stage == PretrainingStage.Dinov2)
        {
            foreach (var fault in ValidateDinov2())
            {
                yield return fault;
            }
        }
    }

    /// <summary>The preprocessing that global crops have, so that inference feeds the encoder as training did.</summary>
    public Preprocessing ToPreprocessing() => new()
    {
        ImageSize = Augmentation.Global.Size,
        Normalization = Augmentation.Normalization,
        Mean = Augmentation.Mean,
        Std = Augmentation.Std,
        Interpolation = Augmentation.Interpolation == Interpolation.Bilinear ? Interpolation.Bilinear : Interpolation.Area,
    };

    /// <summary>Keys whose values two configurations do not share, leaving out those that cannot change a run's numbers.</summary>
    /// <returns>One sentence a key, with both values.</returns>
    public static IReadOnlyList<string> Differences(PretrainingOptions started, PretrainingOptions now)
    {
        ArgumentNullException.ThrowIfNull(started);
        ArgumentNullException.ThrowIfNull(now);
        var before = ConfigurationWriter.Flatten(started);
        var after = ConfigurationWriter.Flatten(now);
        return [.. before.Keys.Where(key => before[key] != after[key] && !IsFree(key)).Select(key => $"{key}: started with {before[key]}, now {after[key]}.")];
    }

    /// <summary>The values that decide a run's numbers, by dotted key: what all its processes must share.</summary>
    internal IReadOnlyDictionary<string, string> Deciding() =>
        ConfigurationWriter.Flatten(this).Where(entry => !IsFree(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);

    /// <summary>Checks what depends on the number of processes.</summary>
    /// <exception cref="ConfigurationException">The batch cannot be shared out.</exception>
    internal void RequireShares(int processes)
    {
        int parts = processes * Optimization.AccumulationSteps;
        if (Optimization.BatchSize % parts != 0)
        {
            throw new ConfigurationException("optimization.batch_size", $"{Optimization.BatchSize} samples do not divide among {processes} processes x {Optimization.AccumulationSteps} accumulation steps; batch_size is that of all processes together. Take a multiple of {parts}.");
        }

        if (Targets.KoleoWeight > 0 && Targets.KoleoScope == KoLeoScope.Process && Optimization.BatchSize / parts < 2)
        {
            throw new ConfigurationException("targets.koleo_weight", $"KoLeo needs at least 2 samples a process; {Optimization.BatchSize} among {parts} parts leaves 1. Take a larger batch, or targets.koleo_scope: all_processes.");
        }
    }

    private IEnumerable<ValidationResult> ValidateResNet()
    {
        const int stride = 32;
        foreach (var (name, crop) in new[] { ("global", Augmentation.Global), ("local", Augmentation.Local) })
        {
            if (crop.Count > 0 && crop.Size % stride != 0)
            {
                yield return new ValidationResult($"{name}.size is {crop.Size}; {Backbone.Architecture} takes multiples of {stride} pixels", [nameof(Augmentation)]);
            }
        }

        if (Optimization.BatchSize < 2)
        {
            yield return new ValidationResult("batch_size is 1; BatchNorm needs at least 2 samples", [nameof(Optimization)]);
        }
    }

    private IEnumerable<ValidationResult> ValidateDinov2()
    {
        if (Backbone.IsResNet)
        {
            yield return new ValidationResult($"dinov2 needs patch tokens, which {Backbone.Architecture} has not; train it with stage dino", [nameof(Stage)]);
        }
        else if (Augmentation.Global.Size % Backbone.ToConfig(Stage, forTeacher: false).PatchSize != 0)
        {
            yield return new ValidationResult($"global.size is {Augmentation.Global.Size}; masks need a multiple of the patch size", [nameof(Augmentation)]);
        }

        if (Targets.DinoWeight == 0 && Ibot.Weight == 0)
        {
            yield return new ValidationResult("dino_weight and ibot.weight are both 0; nothing would be learned", [nameof(Targets)]);
        }

        if (Ibot is { SeparateHead: true, Head.BatchNorm: true })
        {
            yield return new ValidationResult("head.batch_norm is for a shared head: a step may hide no patch, or a single one", [nameof(Ibot)]);
        }
    }

    private static bool IsFree(string key) =>
        key.StartsWith("run.", StringComparison.Ordinal) || key.StartsWith("probe.", StringComparison.Ordinal) || key is "data.workers" or "data.prefetch_batches" or "data.cache.cache_megabytes";
}
