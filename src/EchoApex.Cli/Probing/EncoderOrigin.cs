using System.Globalization;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Configuration;
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets;
using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;
using TorchSharp;

namespace EchoApex.Cli.Probing;

/// <summary>Where an encoder lies, and how its weights were before training.</summary>
/// <param name="ModelFolder">Its model folder.</param>
/// <param name="Run">The configuration of its run, when a run folder was named.</param>
internal sealed record EncoderOrigin(string ModelFolder, PretrainingOptions? Run)
{
    private const string ResNetFamily = "resnet";
    private const int StatisticsBatch = 32;
    private const int StatisticsBatches = 60;

    /// <summary>Understands a model folder, or a run folder with an exported model.</summary>
    public static EncoderOrigin Of(string path)
    {
        string config = Path.Combine(path, EncoderFolder.RunConfiguration);
        return new EncoderOrigin(EncoderFolder.Of(path), File.Exists(config) ? new ConfigurationLoader().LoadFile<PretrainingOptions>(config) : null);
    }

    /// <summary>What a curve calls the encoder before training beside others: null for a ViT, a ResNet's architecture and, where it is not the reference's, its start.</summary>
    public string? ResNetName
    {
        get
        {
            using var model = Core.Checkpoints.ModelFolder.Load(ModelFolder);
            var config = model.Backbone.Config;
            string? start = Run is null ? model.Info.Training.GetValueOrDefault("initialization") : NameOf(Run.Backbone.Initialization);
            return config.Family != ResNetFamily ? null : start is null or "reference" ? config.Architecture : $"{config.Architecture} {start}";
        }
    }

    // Ways to start, as the command line and model folders write them.
    private static readonly Dictionary<string, BackboneInitializationKind> Starts = new(StringComparer.Ordinal)
    {
        ["reference"] = BackboneInitializationKind.Reference,
        ["fan_in"] = BackboneInitializationKind.FanIn,
        ["zero_residual"] = BackboneInitializationKind.ZeroResidual,
    };

    /// <summary>The name of a way to start.</summary>
    public static string NameOf(BackboneInitializationKind kind) => Starts.First(start => start.Value == kind).Key;

    /// <summary>The same encoder as it was before training; a ResNet with the statistics that its BatchNorm layers begin with, mean 0 and variance 1.</summary>
    /// <param name="initialization">How the weights start; null to take what the run or the model folder says.</param>
    /// <param name="seed">Seed of the weights; null to take the run's, or 0.</param>
    /// <exception cref="ConfigurationException">It is not known how the weights start.</exception>
    public Embedder Untrained(string? initialization, ulong? seed)
    {
        var (backbone, preprocessing) = Start(initialization, seed);
        return Embedder.Own(backbone, preprocessing);
    }

    /// <summary>The same, but a ResNet's BatchNorm layers hold the statistics of clips, as they do from the first steps of training on; null for an encoder without such layers.</summary>
    /// <param name="initialization">As for <see cref="Untrained"/>.</param>
    /// <param name="seed">As for <see cref="Untrained"/>.</param>
    /// <param name="clips">The clips.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public Embedder? UntrainedOnData(string? initialization, ulong? seed, LabelledClipList clips, CancellationToken cancellationToken)
    {
        var (backbone, preprocessing) = Start(initialization, seed);
        try
        {
            if (backbone.Config.Family != ResNetFamily)
            {
                backbone.Dispose();
                return null;
            }

            UntrainedEncoder.MeasureStatistics(backbone, Batches(clips, preprocessing, cancellationToken));
        }
        catch
        {
            backbone.Dispose();
            throw;
        }

        return Embedder.Own(backbone, preprocessing);
    }

    // In an order of chance, for the last batches weigh most and lists are often sorted by label; over the list again and again, for
    // a short one has too few batches to replace the statistics of the start. A single image has no variance.
    private static IEnumerable<torch.Tensor> Batches(LabelledClipList clips, Preprocessing preprocessing, CancellationToken cancellationToken)
    {
        LabelledClip[] mixed = [.. clips.Clips];
        new Random(0).Shuffle(mixed);
        var list = LabelledClipList.Create(clips.Source, mixed);
        var reader = new LabelledFrameReader(list, clips.LabelNames, preprocessing, new LabelledFrameOptions { BatchSize = StatisticsBatch });
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

    private (IBackbone Backbone, Preprocessing Preprocessing) Start(string? initialization, ulong? seed)
    {
        using var model = Core.Checkpoints.ModelFolder.Load(ModelFolder);
        string? known = initialization ?? (Run is null ? model.Info.Training.GetValueOrDefault("initialization") : NameOf(Run.Backbone.Initialization));
        if (known is null)
        {
            throw new ConfigurationException("command line", $"the untrained encoder cannot be built: {ModelFolder} does not say how its weights started. Name it with --initialization {string.Join(" or --initialization ", Starts.Keys)}, or name the run folder instead of the model.");
        }

        if (!Starts.TryGetValue(known, out var kind))
        {
            throw new ConfigurationException("command line", $"the initialization '{known}' is unknown; it is one of {string.Join(", ", Starts.Keys)}.");
        }

        ulong start = seed ?? Run?.Seed ?? (ulong.TryParse(model.Info.Training.GetValueOrDefault("seed"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong own) ? own : 0);
        return (UntrainedEncoder.Create(model.Backbone.Config, kind, start), model.Preprocessing);
    }
}
