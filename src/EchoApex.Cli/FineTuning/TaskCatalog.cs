using System.Text.Json;
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Cli.FineTuning;

/// <summary>The tasks by name: how each is made for training, and again for judging.</summary>
internal static class TaskCatalog
{
    private static readonly Dictionary<string, Maker> Makers = new(StringComparer.Ordinal)
    {
        ["view"] = new Maker(
            (sets, preparation, encoder, configuration) => new ViewClassificationTask(sets, preparation, encoder.FeatureDimension, configuration.View, configuration.Training.Seed),
            (sets, preparation, model) => new ViewClassificationTask(sets, preparation, model.Encoder.FeatureDimension, TaskModelFolder.ReadOptions<ViewClassificationOptions>(model), labels: model.Info.Labels),
            (task, configuration) => (((ViewClassificationTask)task).Labels, TaskModelFolder.WriteOptions(configuration.View))),
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Makers.Keys;

    /// <summary>Makes a task to be trained.</summary>
    public static ITrainableTask Create(string name, IReadOnlyList<AnnotatedClipSet> sets, ClipPreparation preparation, IBackbone encoder, FineTuneConfiguration configuration) =>
        Of(name).Create(sets, preparation, encoder, configuration);

    /// <summary>Makes the task of a fine-tuned model, its head filled.</summary>
    public static ITrainableTask Load(TaskModel model, IReadOnlyList<AnnotatedClipSet> sets, ClipPreparation preparation)
    {
        var task = Of(model.Info.Task).Load(sets, preparation, model);
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

    private static Maker Of(string name) => Makers.TryGetValue(name, out var maker)
        ? maker
        : throw new ConfigurationException("command line", $"there is no task '{name}'; there are {string.Join(", ", Names)}.");

    private sealed record Maker(
        Func<IReadOnlyList<AnnotatedClipSet>, ClipPreparation, IBackbone, FineTuneConfiguration, ITrainableTask> Create,
        Func<IReadOnlyList<AnnotatedClipSet>, ClipPreparation, TaskModel, ITrainableTask> Load,
        Func<ITrainableTask, FineTuneConfiguration, (IReadOnlyList<string> Labels, JsonElement Options)> Describe);
}
