// Shape legend: B = frames of a batch, S = side of the network input, D = feature dimension.
using System.Diagnostics;
using System.Runtime.InteropServices;
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// Says how well the nearest neighbours of an encoder's features share a label, on labelled clips that are read once and
/// held. It draws no random number and leaves every module in the mode in which it found it.
/// </summary>
/// <remarks>Thread safety: an instance belongs to the thread that made it.</remarks>
public sealed class OnlineProbe : IDisposable
{
    private const int BatchSize = 64;

    private readonly KnnOptions _options;
    private readonly Images _train;
    private readonly Images _test;

    /// <summary>Reads the clips of both lists.</summary>
    /// <param name="options">Lists and settings; both lists must be named.</param>
    /// <param name="preprocessing">How frames become the encoder's input.</param>
    /// <exception cref="DataException">A list has a fault, the lists share clips, or no clip of a list can be read.</exception>
    public OnlineProbe(OnlineProbeOptions options, Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Train is null || options.Test is null)
        {
            throw new ArgumentException("The probe needs both lists.", nameof(options));
        }

        _options = new KnnOptions { Neighbours = options.Neighbours };
        var (train, test) = (LabelledClipList.Read(options.Train), LabelledClipList.Read(options.Test));
        train.RequireDisjoint(test);
        _train = Images.Read(train, train.LabelNames, preprocessing, options.Frames);
        try
        {
            _test = Images.Read(test, train.LabelNames, preprocessing, options.Frames);
        }
        catch
        {
            _train.Dispose();
            throw;
        }
    }

    /// <summary>Frames that are held: of the neighbours and of those looked up.</summary>
    public (int Train, int Test) Frames => (_train.Labels.Count, _test.Labels.Count);

    /// <summary>Clips that could not be read, with their reasons.</summary>
    public IReadOnlyList<SkippedClip> Skipped => [.. _train.Skipped, .. _test.Skipped];

    /// <summary>Encodes all frames and looks the test frames up.</summary>
    /// <param name="backbone">The encoder; it is run in evaluation mode and left in its own.</param>
    /// <returns>The share of test frames whose neighbours vote for their label, 0 to 1, and the seconds that it took.</returns>
    public (double Accuracy, double Seconds) Measure(IBackbone backbone)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        var clock = Stopwatch.StartNew();
        nn.Module[] modules = [backbone.Module, .. backbone.Module.modules()];
        bool[] modes = [.. modules.Select(module => module.training)];
        try
        {
            backbone.Module.eval();
            var gallery = _train.Encode(backbone);
            var queries = _test.Encode(backbone);
            var found = new KnnProbe(gallery, _options).Predict(queries);
            return (new ClassificationScore(found.Labels, queries.Labels, queries.LabelNames).Accuracy, clock.Elapsed.TotalSeconds);
        }
        finally
        {
            // train() reaches all modules below: from the outside in, each has its own mode in the end.
            for (int i = 0; i < modules.Length; i++)
            {
                modules[i].train(modes[i]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _train.Dispose();
        _test.Dispose();
    }

    private sealed class Images(List<Tensor> batches_BCSS, List<int> labels, List<string> groups, IReadOnlyList<string> labelNames, IReadOnlyList<SkippedClip> skipped) : IDisposable
    {
        public IReadOnlyList<int> Labels => labels;

        public IReadOnlyList<SkippedClip> Skipped => skipped;

        public static Images Read(LabelledClipList list, IReadOnlyList<string> labelNames, Preprocessing preprocessing, int frames)
        {
            var reader = new LabelledFrameReader(list, labelNames, preprocessing, new LabelledFrameOptions { FramesPerClip = frames, BatchSize = BatchSize });
            var batches = new List<Tensor>();
            var labels = new List<int>();
            var groups = new List<string>();
            try
            {
                foreach (var batch in reader.Read())
                {
                    batches.Add(batch.Images.DetachFromDisposeScope());
                    labels.AddRange(batch.Labels);
                    groups.AddRange(batch.Groups);
                }
            }
            catch
            {
                batches.ForEach(batch => batch.Dispose());
                throw;
            }

            return new Images(batches, labels, groups, labelNames, [.. reader.Skipped]);
        }

        public FeatureTable Encode(IBackbone backbone)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            float[] values_ND = new float[labels.Count * backbone.FeatureDimension];
            int at = 0;
            var device = backbone.Module.parameters().First().device;
            foreach (var batch_BCSS in batches_BCSS)
            {
                using var images_BCSS = batch_BCSS.to(device);
                using var features = backbone.Extract(images_BCSS);
                using var cls_BD = features.Cls.to(float32).cpu().contiguous();
                var values = MemoryMarshal.Cast<byte, float>(cls_BD.bytes);
                values.CopyTo(values_ND.AsSpan(at));
                at += values.Length;
            }

            return new FeatureTable(values_ND, backbone.FeatureDimension, [.. labels], labelNames, groups);
        }

        public void Dispose() => batches_BCSS.ForEach(batch => batch.Dispose());
    }
}
