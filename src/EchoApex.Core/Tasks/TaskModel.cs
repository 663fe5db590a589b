using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Tasks;

/// <summary>A fine-tuned model in memory: encoder with adapters, and the head's weights on disk until a head asks for them. The owner disposes it.</summary>
public sealed class TaskModel : IDisposable
{
    private readonly LoadedModel _base;
    private readonly AdapterSet? _adapters;

    internal TaskModel(string folder, TaskModelInfo info, LoadedModel encoder, AdapterSet? adapters) =>
        (Folder, Info, _base, _adapters) = (folder, info, encoder, adapters);

    /// <summary>The folder it was loaded from.</summary>
    public string Folder { get; }

    /// <summary>Task, labels, options, preprocessing.</summary>
    public TaskModelInfo Info { get; }

    /// <summary>The encoder, adapters in place, in evaluation mode.</summary>
    public IBackbone Encoder => _base.Backbone;

    /// <summary>Fills a head that was built after <see cref="TaskModelInfo.Options"/>.</summary>
    /// <exception cref="CheckpointException">The file is damaged or does not belong to such a head.</exception>
    public void LoadHead(nn.Module head)
    {
        ArgumentNullException.ThrowIfNull(head);
        using var source = SafetensorsFile.Open(Path.Combine(Folder, TaskModelFolder.HeadFile));
        StateDictLoader.Load(head, source, new LoadOptions
        {
            Remedy = $"{TaskModelFolder.ConfigFile} and {TaskModelFolder.HeadFile} do not belong together: take the folder from its source again.",
        });
        head.eval();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _adapters?.Dispose();
        _base.Dispose();
    }
}
