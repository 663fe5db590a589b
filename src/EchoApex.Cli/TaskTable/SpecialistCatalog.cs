using EchoApex.Cli.FineTuning;
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.Specialists;

namespace EchoApex.Cli.TaskTable;

/// <summary>The network from scratch that each task is compared with: a small ResNet for views, U-Nets for masks and points, a video network for the ejection fraction.</summary>
internal static class SpecialistCatalog
{
    /// <summary>Makes the task of the specialist: what it sees and how it is judged is as the configuration says of the task.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No specialist is known for the task.</exception>
    public static ITrainableTask Create(string task, AnnotatedClipSet set, ClipPreparation preparation, IBackbone encoder, FineTuneConfiguration configuration) => task switch
    {
        "view" => TaskCatalog.Create(task, set, preparation, encoder, configuration),
        "segment" => new UNetSegmentationTask(set, preparation, [.. set.Structures.Skip(1)], Of(configuration.Segment.Training), configuration.Training.Seed),
        "measure" => new UNetMeasurementTask(set, preparation, Of(configuration.Measure), configuration.Training.Seed),
        "ef" => new VideoEjectionFractionTask(set, preparation, Of(configuration.Ef), configuration.Training.Seed),
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "There are specialists for view, segment, measure and ef."),
    };

    private static UNetSegmentationOptions Of(SegmentationTrainingOptions options) => new()
    {
        MinimumPixels = options.MinimumPixels,
        EvaluationFrames = options.EvaluationFrames,
        BootstrapDraws = options.BootstrapDraws,
        Seed = options.Seed,
        Augmentation = options.Augmentation,
    };

    private static UNetMeasurementOptions Of(MeasurementOptions options) => new()
    {
        Landmarks = options.Head.Landmarks,
        Augmentation = options.Augmentation,
        Views = options.Views,
        EvaluationBatch = options.EvaluationBatch,
        PictureFrames = options.PictureFrames,
        BootstrapDraws = options.BootstrapDraws,
    };

    private static VideoEjectionFractionOptions Of(EjectionFractionOptions options) => new()
    {
        Windows = options.Windows,
        Augmentation = options.Augmentation,
        Views = options.Views,
        BootstrapDraws = options.BootstrapDraws,
    };
}
