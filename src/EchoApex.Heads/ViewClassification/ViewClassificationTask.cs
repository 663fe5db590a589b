// Shape legend: B = samples, T = frames of a clip, C = views, S = side of the input.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Heads.ViewClassification;

/// <summary>View classification: a frame of a clip, drawn anew each epoch, to the clip's view; judged by clips.</summary>
public sealed class ViewClassificationTask : ITrainableTask
{
    private readonly ViewClassificationOptions _options;
    private readonly ClipPreparation _preparation;
    private readonly AnnotatedClip[] _training;
    private readonly Dictionary<DataSplit, AnnotatedClip[]> _splits;
    private readonly float[]? _classWeights;
    private readonly ViewPredictor _predictor;

    /// <summary>Prepares the task.</summary>
    /// <param name="set">The data.</param>
    /// <param name="preparation">How clips become input.</param>
    /// <param name="featureDimension">D of the encoder.</param>
    /// <param name="options">The classifier.</param>
    /// <param name="seed">Seed of the head's weights.</param>
    /// <param name="labels">The labels of a classifier that exists; null takes those of the options.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or the data have fewer than two views.</exception>
    public ViewClassificationTask(
        AnnotatedClipSet set,
        ClipPreparation preparation,
        int featureDimension,
        ViewClassificationOptions options,
        ulong seed = 0,
        IReadOnlyList<string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "view");
        (_options, _preparation) = (options, preparation);
        var withView = set.Clips.Where(clip => clip.View is not null).ToArray();
        Labels = labels ?? (options.Labels == ViewLabelSet.Transthoracic
            ? EchoViews.Codes
            : [.. withView.Where(clip => clip.Split == DataSplit.Train).Select(clip => clip.View!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
        if (Labels.Count < 2)
        {
            throw new ConfigurationException("view", $"the training split has {Labels.Count} views; a classifier needs two or more. Check the data set's split and its view column.");
        }

        var known = withView.Where(clip => LabelOf(clip) >= 0).ToArray();
        UnknownViews = withView.Length - known.Length;
        _training = [.. known.Where(clip => clip.Split == DataSplit.Train)];
        TrainingSamples = [.. _training.Select(clip => new TaskSample(clip.Patient, LabelOf(clip), clip.Set))];
        _splits = known.GroupBy(clip => clip.Split).ToDictionary(group => group.Key, group => group.ToArray());
        _classWeights = options.ClassWeighting == ClassWeighting.Balanced ? Weights(TrainingSamples, Labels.Count) : null;
        ViewHead = new ViewClassificationHead(featureDimension, Labels.Count, options.MeanPatch, RandomStream.For(seed, "view-head"));
        _predictor = new ViewPredictor(ViewHead, preparation.Normalizer, Labels, options);
    }

    /// <inheritdoc/>
    public string Name => "view";

    /// <summary>The labels, in the order of the logits.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Clips that were left out because their view is none of <see cref="Labels"/>.</summary>
    public int UnknownViews { get; }

    /// <summary>The classifier.</summary>
    public ViewClassificationHead ViewHead { get; }

    /// <inheritdoc/>
    public nn.Module Head => ViewHead;

    /// <inheritdoc/>
    public IReadOnlyList<TaskSample> TrainingSamples { get; }

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => new ViewBatch(size, _preparation.Side);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var views = (ViewBatch)batch;
        var clip = _training[sample];
        int frames = _preparation.Open(clip).FrameCount;
        var frame = _preparation.Frame(clip, random.NextInt32(frames));
        FrameTransform.Draw(_options.Augmentation, views.Side, random).Apply(frame, random, views.Pixels(slot), views.Inside(slot), []);
        views.Labels[slot] = LabelOf(clip);
    }

    /// <inheritdoc/>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var views = (ViewBatch)batch;
        using var scope = NewDisposeScope();
        using var features = encoder.Extract(views.ToImages(_preparation.Normalizer));
        var logits_BC = ViewHead.Classify(features);
        var weights_C = _classWeights is null ? null : tensor(_classWeights);
        var loss = nn.functional.cross_entropy(logits_BC, tensor(views.Labels), weights_C, label_smoothing: _options.LabelSmoothing);
        return new TaskLoss(loss.MoveToOuterDisposeScope(), new Dictionary<string, Tensor>());
    }

    /// <inheritdoc/>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var judged = new List<(AnnotatedClip Clip, ViewPrediction Answer)>();
        var skipped = new List<SkippedClip>();
        foreach (var clip in _splits.GetValueOrDefault(split, []))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                judged.Add((clip, Predict(encoder, clip)));
            }
            catch (DataException error)
            {
                skipped.Add(new SkippedClip(clip.Path, error.Reason));
            }
        }

        return judged.Count > 0
            ? ViewMetrics.Evaluate([.. judged.Select(entry => new JudgedView(entry.Clip.Name, entry.Clip.Patient, Labels[LabelOf(entry.Clip)], entry.Answer))], Labels, skipped)
            : throw new DataException(split.ToString(), $"no clip of this split has a known view and can be read{(skipped.Count > 0 ? $"; the first: {skipped[0].Path}: {skipped[0].Reason}" : ".")}");
    }

    /// <summary>The view of one clip.</summary>
    /// <param name="encoder">The encoder that the head was trained with.</param>
    /// <param name="clip">The clip; its annotations are not used.</param>
    /// <exception cref="DataException">It cannot be read.</exception>
    public ViewPrediction Predict(IBackbone encoder, AnnotatedClip clip)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(clip);
        return _predictor.Predict(encoder, _preparation.Open(clip).FrameCount, frame => _preparation.Frame(clip, frame));
    }

    /// <inheritdoc/>
    public void Dispose() => ViewHead.Dispose();

    private int LabelOf(AnnotatedClip clip)
    {
        int exact = IndexOf(clip.View!);
        return exact >= 0 ? exact : EchoViews.CodeOf(clip.View!) is { } code ? IndexOf(code) : -1;
    }

    private int IndexOf(string label)
    {
        for (int i = 0; i < Labels.Count; i++)
        {
            if (string.Equals(Labels[i], label, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    // Mean 1 over the samples, so that the learning rate means the same; a class without samples has no say.
    private static float[] Weights(IReadOnlyList<TaskSample> samples, int classes)
    {
        int[] sizes = new int[classes];
        foreach (var sample in samples)
        {
            sizes[sample.Class]++;
        }

        int present = sizes.Count(size => size > 0);
        return [.. sizes.Select(size => size == 0 ? 0 : (float)samples.Count / (present * size))];
    }
}
