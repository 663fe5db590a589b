using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Training.Dino;
using EchoApex.Training.Dinov2;
using EchoApex.Training.Loop;
using EchoApex.Training.SelfDistillation;
using EchoApex.Training.Tests.SelfDistillation;

namespace EchoApex.Training.Tests.Loop;

/// <summary>A run of milliseconds a step: 16-pixel crops, two blocks, sixteen prototypes, everything random switched on.</summary>
internal static class TinyRun
{
    public static PretrainingOptions Options { get; } = new()
    {
        Seed = 11,
        Data = new DataOptions { Paths = ["memory"], SamplesPerClip = 2, Workers = 2 },
        Augmentation = new MultiCropOptions
        {
            Global = new CropOptions { Size = 16, BlurProbability = [0.5] },
            Local = new CropOptions { Count = 2, Size = 8, Area = new(0.1, 0.4) },
            TwoFrames = true,
            RotationDegrees = 10,
            Noise = 0.1,
        },
        Backbone = new BackboneOptions { Architecture = BackboneOptions.Custom, ImageSize = 16, PatchSize = 8, EmbedDim = 16, Depth = 2, Heads = 2, DropPathRate = 0.3 },
        Head = new HeadOptions { HiddenDim = 24, BottleneckDim = 8, Prototypes = 16, BatchNorm = true },
        Targets = new TargetOptions { KoleoWeight = 0.1, WarmupTeacherTemperature = 0.04, TeacherTemperature = 0.07, TeacherTemperatureWarmupEpochs = 3 },
        Optimization = new OptimizationOptions { BatchSize = 4, Epochs = 4, StepsPerEpoch = 3, LearningRate = 0.05, WarmupEpochs = 1, TeacherMomentum = 0.9, FreezeLastLayerEpochs = 1 },
        Run = new RunOptions { LogEvery = 1, CheckpointEvery = 1000, TensorBoard = false, Threads = 1 },
    };

    /// <summary>The same in stage dinov2: a grid of 4 x 4 patches, half of the crops masked, patch loss through the shared head.</summary>
    public static PretrainingOptions Dinov2 { get; } = Options with
    {
        Stage = PretrainingStage.Dinov2,
        Augmentation = Options.Augmentation with { Global = Options.Augmentation.Global with { Size = 32 }, Local = Options.Augmentation.Local with { Size = 16 } },
        Backbone = Options.Backbone with { ImageSize = 32, LayerScale = 0.1, DropPathUniform = true },
        Head = Options.Head with { FreezeLastLayerNorm = false },
        Ibot = new IbotOptions { Masks = new BlockMaskOptions { MinimumBlock = 1, MaximumRatio = 0.7 } },
        Optimization = Options.Optimization with { ClippingKind = ClippingKind.EachModule, LayerDecay = 0.8, PatchEmbedMultiplier = 0.2 },
    };

    /// <summary>The other half of DINOv2's choices: Sinkhorn-Knopp, separate heads without BatchNorm, registers.</summary>
    public static PretrainingOptions Dinov2Separate { get; } = Dinov2 with
    {
        Backbone = Dinov2.Backbone with { Registers = 4, InterpolateOffset = 0, InterpolateAntialias = true },
        Head = Dinov2.Head with { BatchNorm = false },
        Targets = Dinov2.Targets with { Kind = TeacherTargets.SinkhornKnopp },
        Ibot = Dinov2.Ibot with { SeparateHead = true, Head = new HeadOptions { HiddenDim = 20, BottleneckDim = 6, Prototypes = 12, FreezeLastLayerNorm = false } },
    };

    /// <summary>The ResNet recipe in small: BatchNorm in the encoder, momentum, one block a stage.</summary>
    public static PretrainingOptions ResNet { get; } = Options with
    {
        Augmentation = Options.Augmentation with { Global = Options.Augmentation.Global with { Size = 64 }, Local = Options.Augmentation.Local with { Size = 32 } },
        Backbone = new BackboneOptions { Architecture = BackboneOptions.CustomResNet, ImageSize = 64, EmbedDim = 512, Depth = 1, DropPathRate = 0 },
        Optimization = Options.Optimization with { Optimizer = OptimizerKind.Sgd, WeightDecay = 1e-4, FinalWeightDecay = 1e-4 },
    };

    public static PretrainingOptions With(PretrainingOptions options, TeacherTargets targets) =>
        options with { Targets = options.Targets with { Kind = targets } };

    public static ClipFolderDataset Data(PretrainingOptions options) => new(
        Enumerable.Range(0, 7).Select(i => i == 3 ? "bad" : $"clip{i}"),
        path => path == "bad" ? throw new DataException(path, "holds no frame.") : Clip(path),
        options.Data.Cache);

    public static PretrainingLoop Open(PretrainingOptions options, string folder, bool resume = false) => new(options, folder, resume, Data);

    private static SectorFrames Clip(string path)
    {
        var frames = Enumerable.Range(0, 3).Select(i => TestImages.Sector(40, 44, (ulong)((path[^1] * 10) + i)));
        return new SectorFrames([.. frames.SelectMany(frame => frame.Pixels.ToArray())], 3, 40, 44);
    }
}
