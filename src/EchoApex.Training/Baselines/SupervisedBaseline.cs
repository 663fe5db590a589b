// Shape legend: B = clips a batch, G = global crops, D = feature dimension, C = classes.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Training.Optimization;
using EchoApex.Training.Schedules;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace EchoApex.Training.Baselines;

/// <summary>
/// Trains an encoder and a linear layer with labels on the crops of self-distillation: what labels alone give the same
/// network, to be set beside pretraining. A yardstick, not a fine-tuning recipe.
/// </summary>
public static class SupervisedBaseline
{
    /// <summary>Trains the encoder in place; the linear layer is thrown away, since probes judge the features.</summary>
    /// <param name="backbone">The encoder, with the weights to start from. It is in evaluation mode afterwards.</param>
    /// <param name="data">Clips.</param>
    /// <param name="labels">The class of each clip, in [0, <paramref name="classes"/>).</param>
    /// <param name="classes">C, the number of classes.</param>
    /// <param name="options">The recipe.</param>
    /// <param name="progress">Told the loss after each step.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <exception cref="ArgumentException">The labels do not fit the clips.</exception>
    /// <exception cref="EchoApexException">The loss is not finite.</exception>
    public static void Train(
        IBackbone backbone,
        ClipFolderDataset data,
        IReadOnlyList<int> labels,
        int classes,
        SupervisedOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(labels);
        OptionsValidator.Validate(options, "supervised baseline");
        if (labels.Count != data.Count || labels.Any(label => label < 0 || label >= classes))
        {
            throw new ArgumentException($"{data.Count} clips need as many labels below {classes}; got {labels.Count}.", nameof(labels));
        }

        using var scope = NewDisposeScope();
        using var head = Head(backbone.FeatureDimension, classes, options.Seed);
        NamedParameter[] parameters = [.. NamedParameter.Of(backbone.Module, "backbone."), new("head.weight", head)];
        using var flat = new FlatParameters(ParameterGroups.Dino(parameters));
        using var optimizer = new Optimization.AdamW(flat);
        using var loader = Loader(data, labels, options);
        var rate = new CosineSchedule
        {
            Base = options.LearningRate,
            Final = 0,
            TotalSteps = options.Steps,
            WarmupSteps = (long)(options.WarmupShare * options.Steps),
        };
        backbone.Module.train();
        using var pause = new CollectionPause();
        for (int step = 0; step < options.Steps; step++)
        {
            var batch = loader.Next(cancellationToken);
            double loss = Step(backbone, head, flat, batch, options);
            loader.Return(batch);
            if (!double.IsFinite(loss))
            {
                throw new EchoApexException($"The supervised baseline's loss is {loss} at step {step}. Lower the learning rate ({options.LearningRate}).");
            }

            optimizer.Step(new OptimizerStep(rate.At(step), options.WeightDecay));
            progress?.Report(loss);
            pause.Renew();
        }

        backbone.Module.eval();
    }

    private static double Step(IBackbone backbone, Parameter head, FlatParameters flat, Batch batch, SupervisedOptions options)
    {
        using var scope = NewDisposeScope();
        var images_BCHW = batch.Crops.GlobalsToTensor();
        var labels_B = tensor(batch.Labels).repeat(options.Augmentation.Global.Count);
        using var features = backbone.Extract(images_BCHW);
        var loss = nn.functional.cross_entropy(nn.functional.linear(features.Cls, head), labels_B);
        flat.ZeroGradients();
        loss.backward();
        return GradientClipping.ClipEachModule(flat, 3).IsFinite ? loss.ReadDouble() : double.NaN;
    }

    private static Parameter Head(int dimension, int classes, ulong seed)
    {
        var head = new Parameter(empty(classes, dimension));
        WeightInitialization.KaimingUniform(head, RandomStream.For(seed, "supervised-head"));
        return head;
    }

    private static PrefetchingLoader<Batch> Loader(ClipFolderDataset data, IReadOnlyList<int> labels, SupervisedOptions options)
    {
        var crops = new MultiCrop(options.Augmentation with { Local = options.Augmentation.Local with { Count = 0 } });
        return new PrefetchingLoader<Batch>(
            new EpochSampler(data.Count, options.Seed),
            options.BatchSize,
            () => new Batch(new MultiCropBatch(crops.Options, options.BatchSize), new long[options.BatchSize]),
            (draw, batch, slot) =>
            {
                var random = RandomStream.For(options.Seed, "supervised-augmentation", draw.Epoch, draw.Index);
                var frames = data.Read((int)draw.Sample);
                int first = random.NextInt32(frames.FrameCount);
                int second = random.NextInt32(frames.FrameCount);
                crops.WriteViews(frames[first], frames[second], random, batch.Crops, slot);
                batch.Labels[slot] = labels[(int)draw.Sample];
            },
            options.Workers,
            ahead: 2);
    }

    private sealed record Batch(MultiCropBatch Crops, long[] Labels);
}
