using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;
using TorchSharp;

namespace EchoApex.Cli.Probing;

/// <summary>An encoder as it was before training, beside which it is judged.</summary>
internal sealed class UntrainedBaseline
{
    private const string ResNetFamily = "resnet";
    private const int StatisticsBatch = 32;
    private const int StatisticsBatches = 60;

    private readonly EncoderOrigin _origin;
    private readonly BackboneConfig _config;
    private readonly Preprocessing _preprocessing;
    private readonly string? _initialization;
    private readonly ulong _seed;

    /// <summary>Finds out how an encoder started.</summary>
    /// <param name="origin">The encoder.</param>
    /// <param name="initialization">How the weights start; null to take what the run or the model folder says.</param>
    /// <param name="seed">Seed of the weights; null to take the run's, or 0.</param>
    public UntrainedBaseline(EncoderOrigin origin, string? initialization = null, ulong? seed = null)
    {
        using var model = ModelFolder.Load(origin.ModelFolder);
        _origin = origin;
        _config = model.Backbone.Config;
        _preprocessing = model.Preprocessing;
        _initialization = initialization ?? origin.InitializationOf(model.Info);
        _seed = seed ?? origin.Run?.Seed ?? (ulong.TryParse(model.Info.Training.GetValueOrDefault("seed"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong own) ? own : 0);
    }

    /// <summary>What a curve calls it beside others: null for a ViT, a ResNet's architecture and, where it is not the usual one, its start.</summary>
    public string? ResNetName => !IsResNet ? null
        : _initialization is null || _initialization == InitializationNames.Usual ? _config.Architecture : $"{_config.Architecture} {_initialization}";

    private bool IsResNet => _config.Family == ResNetFamily;

    /// <summary>The encoder as made; a ResNet with the statistics that its BatchNorm layers begin with, mean 0 and variance 1.</summary>
    /// <exception cref="ConfigurationException">It is not known how the weights start.</exception>
    public Embedder AsMade() => Embedder.Own(Create(), _preprocessing);

    /// <summary>The same, but a ResNet's BatchNorm layers hold the statistics of clips, as they do from the first steps of training on; null for an encoder without such layers.</summary>
    /// <param name="clips">The clips.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ConfigurationException">It is not known how the weights start.</exception>
    public Embedder? OnData(LabelledClipList clips, CancellationToken cancellationToken)
    {
        if (!IsResNet)
        {
            return null;
        }

        var backbone = Create();
        try
        {
            UntrainedEncoder.MeasureStatistics(backbone, Batches(clips, cancellationToken));
        }
        catch
        {
            backbone.Dispose();
            throw;
        }

        return Embedder.Own(backbone, _preprocessing);
    }

    private IBackbone Create() => _initialization is null
        ? throw new ConfigurationException("command line", $"the untrained encoder cannot be built: {_origin.ModelFolder} does not say how its weights started. Name it with --initialization {string.Join(" or --initialization ", InitializationNames.All)}, or name the run folder instead of the model.")
        : UntrainedEncoder.Create(_config, InitializationNames.Parse(_initialization), _seed);

    // In an order of chance, for the last batches weigh most and lists are often sorted by label; over the list again and again, for
    // a short one has too few batches to replace the statistics of the start. A single image has no variance.
    private IEnumerable<torch.Tensor> Batches(LabelledClipList clips, CancellationToken cancellationToken)
    {
        LabelledClip[] mixed = [.. clips.Clips];
        new Random(0).Shuffle(mixed);
        var list = LabelledClipList.Create(clips.Source, mixed);
        var reader = new LabelledFrameReader(list, clips.LabelNames, _preprocessing, new LabelledFrameOptions { BatchSize = StatisticsBatch });
        for (int count = 0; count < StatisticsBatches;)
        {
            int before = count;
            foreach (var batch in reader.Read(cancellationToken).Take(StatisticsBatches - count))
            {
                if (batch.Images.shape[0] < 2)
                {
                    batch.Dispose();
                    continue;
                }

                count++;
                yield return batch.Images;
            }

            if (count == before)
            {
                yield break;
            }
        }
    }
}
