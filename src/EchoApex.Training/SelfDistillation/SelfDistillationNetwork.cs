using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.SelfDistillation;

/// <summary>A backbone with its projection head, or two heads: a student or a teacher. Owns them.</summary>
public sealed class SelfDistillationNetwork : IDisposable
{
    private const string BackbonePrefix = "backbone.";
    private const string HeadPrefix = "head.";
    private const string PatchHeadPrefix = "ibot_head.";

    /// <summary>Joins the parts; the new object owns them.</summary>
    /// <param name="backbone">The encoder.</param>
    /// <param name="head">The head of the cls vectors.</param>
    /// <param name="patchHead">DINOv2 with separate heads: the head of the patch tokens. Null when they share <paramref name="head"/>.</param>
    /// <exception cref="ArgumentException">A head expects other features than the backbone gives.</exception>
    public SelfDistillationNetwork(IBackbone backbone, ProjectionHead head, ProjectionHead? patchHead = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(head);
        foreach (var candidate in patchHead is null ? [head] : new[] { head, patchHead })
        {
            if (candidate.Options.InputDim != backbone.FeatureDimension)
            {
                throw new ArgumentException($"The head takes {candidate.Options.InputDim} features, the backbone gives {backbone.FeatureDimension}.", nameof(head));
            }
        }

        (Backbone, Head, PatchHead) = (backbone, head, patchHead);
    }

    /// <summary>The encoder.</summary>
    public IBackbone Backbone { get; }

    /// <summary>The head.</summary>
    public ProjectionHead Head { get; }

    /// <summary>The patch tokens' own head; null when they go through <see cref="Head"/>, or nowhere.</summary>
    public ProjectionHead? PatchHead { get; }

    /// <summary>The format that encoder and heads compute in; see <see cref="IBackbone.Precision"/>.</summary>
    public Precision Precision
    {
        get => Backbone.Precision;
        set
        {
            Backbone.Precision = value;
            Head.Precision = value;
            if (PatchHead is not null)
            {
                PatchHead.Precision = value;
            }
        }
    }

    /// <summary>All parameters, the backbone's first: backbone.NAME, head.NAME, ibot_head.NAME.</summary>
    public IEnumerable<NamedParameter> NamedParameters() => Parts().SelectMany(part => NamedParameter.Of(part.Module, part.Prefix));

    /// <summary>All parameters and buffers by name, for a checkpoint; the tensors stay the network's.</summary>
    public IReadOnlyDictionary<string, Tensor> StateTensors()
    {
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (prefix, module) in Parts())
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
        foreach (var (_, module) in Parts())
        {
            module.train(mode);
        }
    }

    /// <summary>Moves all parameters and buffers to a device; handles change.</summary>
    internal void MoveTo(Device device)
    {
        foreach (var (_, module) in Parts())
        {
            module.to(device);
        }
    }

    /// <summary>All modules, those inside others too.</summary>
    internal IEnumerable<nn.Module> Modules() => Parts().SelectMany(part => part.Module.modules().Prepend(part.Module)).Distinct();

    /// <inheritdoc/>
    public void Dispose()
    {
        Backbone.Dispose();
        Head.Dispose();
        PatchHead?.Dispose();
    }

    private IEnumerable<(string Prefix, nn.Module Module)> Parts()
    {
        yield return (BackbonePrefix, Backbone.Module);
        yield return (HeadPrefix, Head);
        if (PatchHead is not null)
        {
            yield return (PatchHeadPrefix, PatchHead);
        }
    }
}
