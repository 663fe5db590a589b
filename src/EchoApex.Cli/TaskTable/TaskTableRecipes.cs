using EchoApex.Cli.FineTuning;
using EchoApex.Core.Adapters;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;
using EchoApex.Training.FineTuning;

namespace EchoApex.Cli.TaskTable;

/// <summary>How each task of the table is trained. Chosen on validation splits of other seeds than the table's; ours.</summary>
internal static class TaskTableRecipes
{
    /// <summary>The configuration of a row.</summary>
    /// <param name="task">The task.</param>
    /// <param name="variant">Its variant.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="options">The table's options, for the scale.</param>
    public static FineTuneConfiguration For(string task, string variant, int seed, TaskTableOptions options)
    {
        var (kind, patients, budget) = TaskTableVariant.Parse(variant);
        var (steps, batch, side) = Budget(task, kind);
        steps = patients is null ? steps : FewShotSteps;

        // With all patients whole encoders learn views faster at the head's own rate; with few of them, and for the ejection fraction, that destroys them.
        bool gentle = kind is TaskTableVariant.Full or TaskTableVariant.Random && (task != "view" || patients is not null);
        return new FineTuneConfiguration
        {
            InputSize = side,
            Threads = 1,
            Training = new FineTuningOptions
            {
                Seed = (ulong)seed,
                Protocol = kind switch
                {
                    TaskTableVariant.Adapter => FineTuningProtocol.Adapter,
                    TaskTableVariant.Frozen => FineTuningProtocol.Linear,
                    _ => FineTuningProtocol.Full,
                },

                // For the ejection fraction sequential adapters had a smaller error on validation phantoms (7.8 points) than parallel ones (8.1) and LoRA (8.0);
                // with their norms they are what Houlsby et al. train.
                Adapters = task == "ef"
                    ? new AdapterOptions { Kind = AdapterKind.Houlsby, Bottleneck = 11, TrainNorms = true, Scale = 1, Dropout = 0 }
                    : new AdapterOptions { Kind = AdapterKind.AdaptFormer, Scale = 1, Dropout = 0 },
                Precision = kind == TaskTableVariant.Specialist ? Precision.Fp32 : options.Precision,
                Steps = Math.Max(2, (int)Math.Round(options.Scaled(steps, 2) * budget)),
                BatchSize = batch,
                LearningRate = task == "view" && kind == TaskTableVariant.Adapter ? 4e-3 : 2e-3,
                EncoderRate = gentle ? 0.5 : 1,
                LayerDecay = gentle ? 0.75 : task == "view" && kind == TaskTableVariant.Full ? 0.85 : 1,
                AverageMomentum = 0.98,

                // The average of the last weights is judged: with 90 validation patients a choice among several would be a draw.
                Evaluations = 0,
                PatientsPerClass = patients,
                LogEvery = 50,
            },
            View = new ViewClassificationOptions { FramesPerClip = 6, MeanPatch = kind != TaskTableVariant.Specialist, Augmentation = kind == TaskTableVariant.Specialist ? new() : Strong },
            Segment = new SegmentationTaskOptions
            {
                Head = new SegmentationOptions { EmbedDim = 96, Heads = 4, MlpDim = 384, IouHeadHiddenDim = 96 },
                Training = new SegmentationTrainingOptions { EvaluationFrames = 1, CorrectionRounds = 1 },
            },
            Measure = new MeasurementOptions
            {
                Views = ["PLAX"],
                Augmentation = Mild,
                Head = new MeasurementHeadOptions { HeatmapStride = 4, WindowRadius = 3 },
                Loss = new MeasurementLossOptions { Sigma = 1, CoordinateWeight = 0.2 },
            },
            Ef = new EjectionFractionOptions { Head = new EjectionFractionHeadOptions { Width = 96 }, Windows = new FrameWindowOptions { Frames = 12 }, Augmentation = Mild },
        };
    }

    private const int FewShotSteps = 200;

    private static FrameAugmentationOptions Mild { get; } = new() { RotationDegrees = 8 };

    // Encoders learn views better with it; the small ResNet, and encoders the ejection fraction, do not.
    private static FrameAugmentationOptions Strong { get; } = new()
    {
        RotationDegrees = 12,
        Scale = new(0.8, 1.2),
        Shift = 0.08,
        LogGamma = 0.45,
        LogContrast = 0.45,
        Offset = 0.18,
        Noise = 0.15,
    };

    // Specialists have steps and sizes of their own, chosen for the processor time of the encoder fine-tuned whole. Adapters learn the ejection
    // fraction more slowly than the whole encoder: half as many steps again took half of what they lose on other phantoms, twice as many no more.
    private static (int Steps, int Batch, int Side) Budget(string task, string kind) => (task, kind) switch
    {
        ("view", TaskTableVariant.Specialist) => (540, 32, 96),
        ("view", _) => (700, 32, 64),
        ("segment", TaskTableVariant.Specialist) => (850, 8, 112),
        ("segment", _) => (1000, 8, 112),
        ("measure", TaskTableVariant.Specialist) => (360, 16, 112),
        ("measure", _) => (1000, 16, 112),
        ("ef", TaskTableVariant.Specialist) => (1150, 8, 48),
        ("ef", TaskTableVariant.Adapter) => (2250, 8, 48),
        _ => (1500, 8, 48),
    };
}
