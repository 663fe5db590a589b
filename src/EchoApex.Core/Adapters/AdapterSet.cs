using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.ResNet;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using BatchNorm = EchoApex.Core.Layers.BatchNorm;
using LayerNorm = EchoApex.Core.Layers.LayerNorm;

namespace EchoApex.Core.Adapters;

/// <summary>
/// The adapters of one encoder: a few per cent of parameters that are trained while the encoder stays frozen. They are modules
/// of their own, so the encoder's keys and its weights file do not change.
/// </summary>
/// <remarks>Attached until disposed or merged. Thread safety: that of the encoder.</remarks>
public sealed class AdapterSet : IDisposable
{
    private const int WidestAutomatic = 64;
    private const int AutomaticStep = 8;

    private readonly IBackbone _encoder;
    private readonly AdapterModule _adapters;

    // Parameters of the encoder itself: biases, norms.
    private readonly List<(string Name, Parameter Parameter)> _own = [];
    private bool _attached = true;

    private AdapterSet(IBackbone encoder, AdapterOptions options, int bottleneck, RandomStream random)
    {
        (_encoder, Random, Options) = (encoder, random, options with { Bottleneck = UsesBottleneck(options.Kind) ? bottleneck : options.Bottleneck });
        foreach (var parameter in encoder.Module.parameters())
        {
            parameter.requires_grad = false;
        }

        _adapters = new AdapterModule(options.Kind switch
        {
            AdapterKind.None or AdapterKind.BitFit => [],
            AdapterKind.Convolution => AttachToResNet(bottleneck, random),
            _ => AttachToTransformer(bottleneck, random),
        });
        TrainOwn();
    }

    /// <summary>The options, with the width that was chosen.</summary>
    public AdapterOptions Options { get; }

    /// <summary>What dropout draws from while training; a checkpoint saves its state.</summary>
    public RandomStream Random { get; }

    /// <summary>What is trained, by name: adapters as "blocks.0.adaptmlp.down_proj.weight", biases and norms of the encoder as it calls them.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> Parameters =>
        [.. _adapters.named_parameters().Select(entry => (entry.name, entry.parameter)), .. _own];

    /// <summary>How many numbers are trained.</summary>
    public long ParameterCount => Parameters.Sum(entry => entry.Parameter.numel());

    /// <summary>Trained numbers over those of encoder and adapters together; heads are not counted.</summary>
    public double Share
    {
        get
        {
            long frozen = _encoder.Module.parameters().Sum(parameter => parameter.numel());
            long added = _adapters.parameters().Sum(parameter => parameter.numel());
            return (double)ParameterCount / (frozen + added);
        }
    }

    /// <summary>Freezes an encoder and adds adapters to it. Fresh ones change no output.</summary>
    /// <param name="encoder">The encoder; its parameters ask for no gradient any more, but for those that are trained.</param>
    /// <param name="options">What is added.</param>
    /// <param name="random">Draws the weights, and dropout while training.</param>
    /// <returns>The adapters; dispose them before the encoder.</returns>
    /// <exception cref="ConfigurationException">
    /// An option is out of range, the kind does not fit the encoder, or the share is above <see cref="AdapterOptions.MaximumShare"/>.
    /// </exception>
    public static AdapterSet Attach(IBackbone encoder, AdapterOptions options, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        OptionsValidator.Validate(options, "adapters");
        CheckKind(encoder, options.Kind);
        int bottleneck = options.Bottleneck ?? (UsesBottleneck(options.Kind) ? WidestThatFits(encoder, options) : 0);
        var set = new AdapterSet(encoder, options, bottleneck, random);
        if (set.Share > options.MaximumShare && !options.AllowLargerShare)
        {
            string message = string.Create(CultureInfo.InvariantCulture, $"{set.ParameterCount:N0} parameters ({set.Share:P2}) would be trained, more than maximum_share {options.MaximumShare:P2}. Narrow the bottleneck or the rank, or set allow_larger_share: true.");
            set.Dispose();
            throw new ConfigurationException("adapters", message);
        }

        return set;
    }

    /// <summary>Whether dropout is drawn.</summary>
    public void Train(bool training) => _adapters.train(training);

    /// <summary>The format that adapters compute in, as the encoder's <see cref="IBackbone.Precision"/>.</summary>
    public void SetPrecision(Precision precision) => _adapters.SetPrecision(precision);

    /// <summary>Writes the trained parameters alone: a few megabytes.</summary>
    /// <param name="path">A .safetensors file.</param>
    /// <param name="baseHash">SHA-256 of the encoder's weights file that they belong to.</param>
    public void Save(string path, string baseHash)
    {
        ArgumentException.ThrowIfNullOrEmpty(baseHash);
        SafetensorsWriter.Write(path, Parameters.Select(entry => KeyValuePair.Create(entry.Name, (Tensor)entry.Parameter)), new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["base_sha256"] = baseHash,
            ["kind"] = Options.Kind.ToString(),
        });
    }

    /// <summary>Reads trained parameters that <see cref="Save"/> wrote.</summary>
    /// <param name="path">A .safetensors file.</param>
    /// <param name="baseHash">SHA-256 of the weights file of the encoder at hand; null compares nothing.</param>
    /// <exception cref="CheckpointException">The file belongs to another encoder or to other options, or is damaged.</exception>
    public void Load(string path, string? baseHash)
    {
        using var source = SafetensorsFile.Open(path);
        if (baseHash is not null && source.Metadata.GetValueOrDefault("base_sha256") is { } expected && expected != baseHash)
        {
            throw new CheckpointException(path, $"belongs to an encoder whose weights have the SHA-256 {expected}; the encoder at hand has {baseHash}. Give the encoder that the adapters were trained on.");
        }

        var parameters = Parameters;
        var unknown = source.Tensors.Keys.Except(parameters.Select(entry => entry.Name), StringComparer.Ordinal).ToArray();
        var missing = parameters.Where(entry => !source.Tensors.ContainsKey(entry.Name)).Select(entry => entry.Name).ToArray();
        if (unknown.Length > 0 || missing.Length > 0)
        {
            throw new CheckpointException(path, $"does not hold the parameters of {Options.Kind} adapters of this encoder: {missing.Length} are missing ({missing.FirstOrDefault()}), {unknown.Length} are not known ({unknown.FirstOrDefault()}).");
        }

        using var noGradient = no_grad();
        foreach (var (name, parameter) in parameters)
        {
            using var target = parameter.detach();
            source.CopyTo(name, target);
        }
    }

    /// <summary>Writes the adapters into the encoder's weights, after which they are gone and cost nothing. LoRA alone allows it.</summary>
    /// <exception cref="InvalidOperationException">The kind cannot be merged: its bottleneck is not linear, or it has no weights of its own.</exception>
    public void Merge()
    {
        if (Options.Kind != AdapterKind.Lora)
        {
            throw new InvalidOperationException($"{Options.Kind} adapters cannot be merged into the encoder: {(Options.Kind is AdapterKind.None or AdapterKind.BitFit ? "they have no weights of their own" : "their bottleneck is not linear")}. Only Lora can.");
        }

        foreach (var (block, adapters) in ((VisionTransformerBackbone)_encoder).Blocks.Zip(_adapters.Blocks))
        {
            block.MergeAttention(((BlockAdapters)adapters).Attention!);
        }

        Dispose();
    }

    /// <summary>Takes the adapters off and lets the encoder's parameters be trained again. Its own biases or norms that were trained stay as they are.</summary>
    public void Dispose()
    {
        if (!_attached)
        {
            return;
        }

        _attached = false;
        foreach (var block in (_encoder as VisionTransformerBackbone)?.Blocks ?? [])
        {
            block.Adapters = null;
        }

        foreach (var block in (_encoder as ResNetBackbone)?.Blocks ?? [])
        {
            block.Adapter = null;
        }

        foreach (var parameter in _encoder.Module.parameters())
        {
            parameter.requires_grad = true;
        }

        _own.Clear();
        _adapters.Dispose();
    }

    private static bool UsesBottleneck(AdapterKind kind) => kind is AdapterKind.AdaptFormer or AdapterKind.Houlsby or AdapterKind.Convolution;

    private static void CheckKind(IBackbone encoder, AdapterKind kind)
    {
        bool fits = kind switch
        {
            AdapterKind.AdaptFormer or AdapterKind.Houlsby or AdapterKind.Lora => encoder is VisionTransformerBackbone,
            AdapterKind.Convolution => encoder is ResNetBackbone,
            _ => true,
        };
        if (!fits)
        {
            throw new ConfigurationException("adapters", $"kind is {kind}, which does not fit {encoder.Config.Architecture}: a ViT takes AdaptFormer, Houlsby, Lora, BitFit or None, a ResNet takes Convolution, BitFit or None.");
        }

        if (encoder is VisionTransformerBackbone { RecomputeActivations: true } && kind != AdapterKind.None)
        {
            throw new ConfigurationException("adapters", "the encoder recomputes its activations, which adapters do not take part in. Switch recomputing off: a frozen encoder keeps few of them.");
        }
    }

    // Parameters of all adapters grow with the width: d + 1 + d for each unit and d once, or with the width's square for the 3x3.
    private static int WidestThatFits(IBackbone encoder, AdapterOptions options)
    {
        long frozen = encoder.Module.parameters().Sum(parameter => parameter.numel());
        long norms = options.TrainNorms ? NormParameters(encoder).Sum(name => encoder.Module.get_parameter(name)!.numel()) : 0;
        int smallest = options.Kind == AdapterKind.Convolution ? ConvolutionAdapter.MinimumWidth : AutomaticStep;
        for (int width = WidestAutomatic; width > smallest; width -= AutomaticStep)
        {
            long added = Count(encoder, options, width);
            if (added + norms <= options.MaximumShare * (frozen + added))
            {
                return width;
            }
        }

        return smallest;
    }

    private static long Count(IBackbone encoder, AdapterOptions options, long width)
    {
        long Bottleneck(long dimension) =>
            (2 * dimension * width) + width + dimension
            + (options.LearnableScale ? 1 : 0)
            + (options.Normalization == AdapterNormalization.None ? 0 : 2 * dimension);
        return encoder switch
        {
            ResNetBackbone resNet => resNet.Blocks.Sum(block => (2 * block.OutputChannels * width) + (9 * width * width) + (2 * width) + block.OutputChannels + (options.LearnableScale ? 1 : 0)),
            _ => encoder.StageCount * (options.Kind == AdapterKind.Houlsby ? 2 : 1) * Bottleneck(encoder.FeatureDimension),
        };
    }

    private List<nn.Module> AttachToTransformer(int bottleneck, RandomStream random)
    {
        var all = new List<nn.Module>();
        foreach (var block in ((VisionTransformerBackbone)_encoder).Blocks)
        {
            var adapters = new BlockAdapters(_encoder.FeatureDimension, bottleneck, Options, random);
            all.Add(adapters);
            block.Adapters = adapters;
        }

        return all;
    }

    private List<nn.Module> AttachToResNet(int bottleneck, RandomStream random)
    {
        var all = new List<nn.Module>();
        foreach (var block in ((ResNetBackbone)_encoder).Blocks)
        {
            var adapter = new ConvolutionAdapter(block.OutputChannels, bottleneck, Options, random);
            all.Add(adapter);
            block.Adapter = adapter;
        }

        return all;
    }

    private void TrainOwn()
    {
        var norms = Options.TrainNorms ? NormParameters(_encoder) : [];
        foreach (var (name, parameter) in _encoder.Module.named_parameters())
        {
            if ((Options.Kind == AdapterKind.BitFit && name.EndsWith(".bias", StringComparison.Ordinal)) || norms.Contains(name))
            {
                parameter.requires_grad = true;
                _own.Add((name, parameter));
            }
        }
    }

    private static HashSet<string> NormParameters(IBackbone encoder) =>
    [
        .. encoder.Module.named_modules().Where(entry => entry.module is LayerNorm or BatchNorm)
            .SelectMany(entry => entry.module.named_parameters().Select(parameter => $"{entry.name}.{parameter.name}")),
    ];
}
