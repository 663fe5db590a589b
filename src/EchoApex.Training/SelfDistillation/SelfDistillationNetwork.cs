using EchoApex.Core.Backbones;
using EchoApex.Training.Optimization;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>A backbone with its projection head: a student or a teacher. Owns both.</summary>
public sealed class SelfDistillationNetwork : IDisposable
{
    private const string BackbonePrefix = "backbone.";
    private const string HeadPrefix = "head.";

    /// <summary>Joins the two; the new object owns them.</summary>
    /// <exception cref="ArgumentException">The head expects other features than the backbone gives.</exception>
    public SelfDistillationNetwork(IBackbone backbone, ProjectionHead head)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(head);
        if (head.Options.InputDim != backbone.FeatureDimension)
        {
            throw new ArgumentException($"The head takes {head.Options.InputDim} features, the backbone gives {backbone.FeatureDimension}.", nameof(head));
        }

        (Backbone, Head) = (backbone, head);
    }

    /// <summary>The encoder.</summary>
    public IBackbone Backbone { get; }

    /// <summary>The head.</summary>
    public ProjectionHead Head { get; }

    /// <summary>All parameters, the backbone's first: backbone.NAME, head.NAME.</summary>
    public IEnumerable<NamedParameter> NamedParameters() =>
        NamedParameter.Of(Backbone.Module, BackbonePrefix).Concat(NamedParameter.Of(Head, HeadPrefix));

    /// <summary>All parameters and buffers by name, for a checkpoint; the tensors stay the network's.</summary>
    public IReadOnlyDictionary<string, Tensor> StateTensors()
    {
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (prefix, module) in new (string, nn.Module)[] { (BackbonePrefix, Backbone.Module), (HeadPrefix, Head) })
        {
            foreach (var (name, value) in module.state_dict())
            {
                state[prefix + name] = value;
            }
        }

        return state;
    }

    /// <summary>Sets training or evaluation mode (BatchNorm, drop path).</summary>
    public void Train(bool mode = true)
    {
        Backbone.Module.train(mode);
        Head.train(mode);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Backbone.Dispose();
        Head.Dispose();
    }
}
