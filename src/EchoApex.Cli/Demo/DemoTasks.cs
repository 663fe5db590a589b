using EchoApex.Cli.FineTuning;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;
using EchoApex.Training.FineTuning;

namespace EchoApex.Cli.Demo;

/// <summary>How the demonstration teaches its encoder the four tasks: small budgets, set on phantoms of other seeds without search.</summary>
internal static class DemoTasks
{
    /// <summary>Phantoms of a task.</summary>
    public static PhantomSetOptions Data(string task, Func<int, int, int> scaled)
    {
        var clip = new PhantomOptions { ImageSize = 112, Difficulty = PhantomDifficulty.Easy };
        return task switch
        {
            "measure" => new PhantomSetOptions { Count = scaled(360, 20), Seed = 7001, Avi = false, Clip = clip with { Frames = 8, Views = [PhantomView.PLAX] } },
            "ef" => new PhantomSetOptions { Count = scaled(480, 20), Seed = 7002, Avi = false, Clip = clip with { Frames = 16, Views = [PhantomView.A4C] } },
            // The views that the examinations hold: the budget is too small to teach them apart from those that they lack.
            _ => new PhantomSetOptions { Count = scaled(780, 40), Seed = 7000, Avi = false, Clip = clip with { Frames = 6, Views = [.. PhantomStudyOptions.StandardViews] } },
        };
    }

    /// <summary>The recipe of a task.</summary>
    public static FineTuneConfiguration Recipe(string task, Func<int, int, int> scaled)
    {
        var (steps, batch, side) = task switch
        {
            "view" => (750, 32, 48),
            "segment" => (260, 8, 112),
            "measure" => (150, 16, 112),
            _ => (320, 8, 48),
        };
        var mild = new FrameAugmentationOptions { RotationDegrees = 8 };
        return new FineTuneConfiguration
        {
            InputSize = side,
            Threads = 1,
            Training = new FineTuningOptions
            {
                Steps = scaled(steps, 1),
                BatchSize = batch,
                LearningRate = 2e-3,
                EncoderRate = 0.5,
                AverageMomentum = steps > 500 ? 0.98 : 0.97,
                Evaluations = 1,
                LogEvery = 100,
            },
            View = new ViewClassificationOptions { FramesPerClip = 6 },
            Segment = new SegmentationTaskOptions
            {
                Head = new SegmentationOptions { EmbedDim = 96, Heads = 4, MlpDim = 384, IouHeadHiddenDim = 96 },
                Training = new SegmentationTrainingOptions { EvaluationFrames = 1, CorrectionRounds = 1 },
            },
            Measure = new MeasurementOptions { Views = ["PLAX"], Augmentation = mild },
            Ef = new EjectionFractionOptions { Head = new EjectionFractionHeadOptions { Width = 96 }, Windows = new FrameWindowOptions { Frames = 12 }, Augmentation = mild },
        };
    }
}
