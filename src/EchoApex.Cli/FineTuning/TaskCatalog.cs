using System.Text.Json;
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Cli.FineTuning;

/// <summary>The tasks by name: how each is made for training, and again for judging.</summary>
internal static class TaskCatalog
{
    private static readonly Dictionary<string, Maker> Makers = new(StringComparer.Ordinal)
    {
        ["view"] = new Maker(
            (set, preparation, encoder, configuration) => new ViewClassificationTask(set, preparation, encoder.FeatureDimension, configuration.View, configuration.Training.Seed),
            (set, preparation, model) => new ViewClassificationTask(set, preparation, model.Encoder.FeatureDimension, TaskModelFolder.ReadOptions<ViewClassificationOptions>(model), labels: model.Info.Labels),
            (task, configuration) => (((ViewClassificationTask)task).Labels, TaskModelFolder.WriteOptions(configuration.View))),
        ["segment"] = new Maker(
            (set, preparation, encoder, configuration) =>
            {
                var structures = configuration.Segment.Structures.Count > 0 ? configuration.Segment.Structures : [.. set.Structures.Skip(1)];
                return Segment(set, preparation, encoder, structures, configuration.Segment, RandomStream.For(configuration.Training.Seed, "segmentation-head"));
            },
            (set, preparation, model) => Segment(set, preparation, model.Encoder, model.Info.Labels, TaskModelFolder.ReadOptions<SegmentationTaskOptions>(model), null),
            (task, configuration) => (((SegmentationHead)task.Head).Structures, TaskModelFolder.WriteOptions(configuration.Segment))),
        ["measure"] = new Maker(
            (set, preparation, encoder, configuration) => new MeasurementTask(set, preparation, encoder, configuration.Measure, configuration.Training.Seed),
            (set, preparation, model) => new MeasurementTask(set, preparation, model.Encoder, TaskModelFolder.ReadOptions<MeasurementOptions>(model)),
            (_, configuration) => (configuration.Measure.Head.Landmarks, TaskModelFolder.WriteOptions(configuration.Measure))),
        ["ef"] = new Maker(
            (set, preparation, encoder, configuration) => new EjectionFractionTask(set, preparation, encoder, configuration.Ef, configuration.Training.Seed),
            (set, preparation, model) => new EjectionFractionTask(set, preparation, model.Encoder, TaskModelFolder.ReadOptions<EjectionFractionOptions>(model)),
            (_, configuration) => (["ejection_fraction_percent", "below_50", "below_40", "end_diastole", "end_systole"], TaskModelFolder.WriteOptions(configuration.Ef))),
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Makers.Keys;

    /// <summary>Makes a task to be trained.</summary>
    public static ITrainableTask Create(string name, AnnotatedClipSet set, ClipPreparation preparation, IBackbone encoder, FineTuneConfiguration configuration) =>
        Of(name).Create(set, preparation, encoder, configuration);

    /// <summary>Makes the task of a fine-tuned model, its head filled.</summary>
    public static ITrainableTask Load(TaskModel model, AnnotatedClipSet set, ClipPreparation preparation)
    {
        var task = Of(model.Info.Task).Load(set, preparation, model);
        try
        {
            model.LoadHead(task.Head);
            return task;
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    /// <summary>What a fine-tuned model's folder says of its outputs and options.</summary>
    public static (IReadOnlyList<string> Labels, JsonElement Options) Describe(ITrainableTask task, FineTuneConfiguration configuration) =>
        Of(task.Name).Describe(task, configuration);

    private static SegmentationTask Segment(AnnotatedClipSet set, ClipPreparation preparation, IBackbone encoder, IReadOnlyList<string> structures, SegmentationTaskOptions configuration, RandomStream? weights)
    {
        var head = new SegmentationHead(configuration.Head, encoder.FeatureDimension, structures, weights);
        try
        {
            return new SegmentationTask(set, preparation, head, configuration.Training);
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }

    private static Maker Of(string name) => Makers.TryGetValue(name, out var maker)
        ? maker
        : throw new ConfigurationException("command line", $"there is no task '{name}'; there are {string.Join(", ", Names)}.");

    private sealed record Maker(
        Func<AnnotatedClipSet, ClipPreparation, IBackbone, FineTuneConfiguration, ITrainableTask> Create,
        Func<AnnotatedClipSet, ClipPreparation, TaskModel, ITrainableTask> Load,
        Func<ITrainableTask, FineTuneConfiguration, (IReadOnlyList<string> Labels, JsonElement Options)> Describe);
}
