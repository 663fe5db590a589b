using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.Prediction;

/// <summary>A fine-tuned model with its head, ready to judge clips. The networks are only read: several threads may use it.</summary>
internal abstract class LoadedTask : IDisposable
{
    private readonly IDisposable _head;
    private readonly PreparedBackbone _encoder;

    protected LoadedTask(TaskModel model, IDisposable head, EncoderPool encoders)
    {
        (Model, _head) = (model, head);
        _encoder = encoders.Take(model);
        Preparation = new ClipPreparation(model.Info.Preprocessing, cacheMegabytes: 0);
    }

    public TaskModel Model { get; }

    /// <summary>The model's encoder, prepared for inference; the pool's, and perhaps another model's too.</summary>
    public IBackbone Encoder => _encoder;

    public TaskModelInfo Info => Model.Info;

    public ClipPreparation Preparation { get; }

    public abstract EchoTasks Task { get; }

    /// <summary>Adds what the model says of a clip.</summary>
    public abstract EchoPrediction Judge(EchoClip clip, EchoPrediction prediction, CancellationToken cancellationToken);

    /// <summary>Loads the model of a folder; the pool must outlive it.</summary>
    public static LoadedTask Load(string folder, string? baseFolder, EncoderPool encoders)
    {
        var model = TaskModelFolder.Load(folder, baseFolder);
        try
        {
            return model.Info.Task switch
            {
                "view" => LoadedView.Create(model, encoders),
                "segment" => LoadedSegmentation.Create(model, encoders),
                "measure" => LoadedMeasurement.Create(model, encoders),
                "ef" => LoadedEjectionFraction.Create(model, encoders),
                _ => throw new ConfigurationException(Path.Combine(model.Folder, TaskModelFolder.ConfigFile), $"task is '{model.Info.Task}'; this EchoApex predicts view, segment, measure and ef."),
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Fills a head with the model's weights, or disposes it.</summary>
    protected static T Filled<T>(TaskModel model, T head)
        where T : nn.Module
    {
        try
        {
            model.LoadHead(head);
            return head;
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _head.Dispose();
        Model.Dispose();
    }
}
