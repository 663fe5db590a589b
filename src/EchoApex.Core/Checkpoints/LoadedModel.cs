using EchoApex.Core.Backbones;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Checkpoints;

/// <summary>A model folder in memory. The owner disposes it, and with it the encoder.</summary>
public sealed class LoadedModel : IDisposable
{
    internal LoadedModel(string folder, IBackbone backbone, Preprocessing preprocessing, ModelInfo info)
    {
        (Folder, Backbone, Preprocessing, Info) = (folder, backbone, preprocessing, info);
    }

    /// <summary>The folder it was loaded from.</summary>
    public string Folder { get; }

    /// <summary>The encoder, on the CPU, in evaluation mode.</summary>
    public IBackbone Backbone { get; }

    /// <summary>How clips become its input.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>Name, task, labels and origin.</summary>
    public ModelInfo Info { get; }

    /// <inheritdoc/>
    public void Dispose() => Backbone.Dispose();
}
