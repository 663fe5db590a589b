using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Adapters;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.FineTuning;

/// <summary>How an encoder and a head are fine-tuned. All values are ours unless a source is named.</summary>
public sealed record FineTuningOptions : IValidatableObject
{
    /// <summary>Seed of weights, sampling and augmentation.</summary>
    public ulong Seed { get; init; }

    /// <summary>What of the encoder learns.</summary>
    public FineTuningProtocol Protocol { get; init; } = FineTuningProtocol.Full;

    /// <summary>The adapters of <see cref="FineTuningProtocol.Adapter"/>.</summary>
    public AdapterOptions Adapters { get; init; } = new();

    /// <summary>Passes over the training samples; <see cref="Steps"/> goes before it.</summary>
    [Range(1, 100_000)]
    public int Epochs { get; init; } = 30;

    /// <summary>Steps of the run; null takes <see cref="Epochs"/>. A budget in steps is the same for few samples and for many.</summary>
    [Range(1, 100_000_000)]
    public int? Steps { get; init; }

    /// <summary>Samples a step.</summary>
    [Range(1, 4096)]
    public int BatchSize { get; init; } = 32;

    /// <summary>Learning rate of head and adapters at the end of the warm-up.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Factor on the rate of the encoder's own parameters.</summary>
    [Range(0.0, 1000.0)]
    public double EncoderRate { get; init; } = 0.5;

    /// <summary>Factor on the rate from one transformer block to the one below it; 1 for none. 0.75 is what MAE and BEiT fine-tune ViT-B with.</summary>
    [Range(0.01, 1.0)]
    public double LayerDecay { get; init; } = 0.75;

    /// <summary>Learning rate at the end of the cosine.</summary>
    [Range(0.0, 10.0)]
    public double FinalLearningRate { get; init; } = 1e-6;

    /// <summary>Share of the steps over which the rate rises from 0.</summary>
    [Range(0.0, 1.0)]
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>Weight decay; biases and norms do not decay.</summary>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Largest norm of the gradient of encoder, adapters and head each; 0 does not clip.</summary>
    [Range(0.0, 1000.0)]
    public double ClipGradient { get; init; } = 3;

    /// <summary>Momentum of the running mean of the weights that is judged and saved; 0 takes the weights themselves.</summary>
    [Range(0.0, 0.99999)]
    public double AverageMomentum { get; init; }

    /// <summary>How often a run is judged on the validation split, evenly spread; the best of these is kept. 0: never, the last weights are kept.</summary>
    [Range(0, 100_000)]
    public int Evaluations { get; init; } = 10;

    /// <summary>Stop after this many evaluations without a better one; 0 goes on to the end.</summary>
    [Range(0, 100_000)]
    public int Patience { get; init; }

    /// <summary>Few-shot: training patients of each class, drawn by the seed; null takes all.</summary>
    [Range(1, 1_000_000)]
    public int? PatientsPerClass { get; init; }

    /// <summary>How often the samples of a class are drawn.</summary>
    public SamplingBalance Balance { get; init; }

    /// <summary>Share of draws of each data set, for a mixture, in the order the sets were given; empty takes samples as they come.</summary>
    public IReadOnlyList<double> SetShares { get; init; } = [];

    /// <summary>The format that the encoder computes in.</summary>
    public Precision Precision { get; init; }

    /// <summary>Loader threads.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 1;

    /// <summary>Steps between two lines of metrics.</summary>
    [Range(1, 1_000_000)]
    public int LogEvery { get; init; } = 10;

    /// <summary>Steps between two checkpoints, where the run has a folder for them; each replaces the one before.</summary>
    [Range(1, 100_000_000)]
    public int CheckpointEvery { get; init; } = 200;

    /// <summary>The steps of a run.</summary>
    /// <param name="samples">Training samples.</param>
    public int TotalSteps(int samples) => Steps ?? (int)Math.Max(1, Math.Ceiling((double)Epochs * samples / BatchSize));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SetShares is not null && SetShares.Any(share => !(share >= 0) || double.IsInfinity(share)))
        {
            yield return new ValidationResult("holds a share that is not a number of 0 or more", [nameof(SetShares)]);
        }

        if (Patience > 0 && Evaluations == 0)
        {
            yield return new ValidationResult("stops a run by its evaluations, but evaluations is 0", [nameof(Patience)]);
        }
    }
}
