// Shape legend: B = images, P = prompts (one an image), M = masks, S = side of the square input, H, W = size of the masks.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Teaches an encoder and a <see cref="SegmentationHead"/> to segment: a sample is a frame with a mask, of which one structure
/// is drawn; it is prompted by a point, a box or its class token, then corrected (Kirillov et al. 2023, appendix A).
/// </summary>
public sealed class SegmentationTask : ITrainableTask
{
    private readonly AnnotatedClipSet _set;
    private readonly ClipPreparation _preparation;
    private readonly SegmentationHead _head;
    private readonly SegmentationTrainingOptions _options;
    private readonly byte[] _labels;
    private readonly (AnnotatedClip Clip, int Frame)[] _frames;

    /// <summary>Sets up the task.</summary>
    /// <param name="set">Clips with masks.</param>
    /// <param name="preparation">Opens them as the encoder's input.</param>
    /// <param name="head">The head; it now belongs to the task.</param>
    /// <param name="options">How to train and judge.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or the set does not draw one of the head's structures.</exception>
    public SegmentationTask(AnnotatedClipSet set, ClipPreparation preparation, SegmentationHead head, SegmentationTrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "segmentation training");
        _labels = StructureLabels.Of(set, head.Structures);
        (_set, _preparation, _head, _options) = (set, preparation, head, options);
        _frames = [.. set.Of(DataSplit.Train).SelectMany(clip => clip.Frames.Where(frame => frame.Mask is not null).Select(frame => (clip, frame.Frame)))];
        TrainingSamples = [.. _frames.Select(sample => new TaskSample(sample.Clip.Patient, Set: sample.Clip.Set))];
    }

    /// <inheritdoc/>
    public string Name => "segment";

    /// <inheritdoc/>
    public nn.Module Head => _head;

    /// <inheritdoc/>
    public IReadOnlyList<TaskSample> TrainingSamples { get; }

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => new SegmentationBatch(size, _preparation.Side, _labels.Length);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var target = (SegmentationBatch)batch;
        var (clip, number) = _frames[sample];
        var frame = _preparation.Frame(clip, number);
        int area = frame.Side * frame.Side;
        byte[] pixels = new byte[area];
        byte[] inside = new byte[area];
        byte[] mask = new byte[area];
        FrameTransform.Draw(_options.Augmentation, frame.Side, random).Apply(frame, random, pixels, inside, mask);
        int[] present = Present(mask);
        if (present.Length == 0)
        {
            // The draw moved all structures out of the picture: the frame is taken as it stands.
            FrameTransform.None(frame.Side).Apply(frame, random, pixels, inside, mask);
            present = Present(mask);
        }

        if (present.Length == 0)
        {
            throw new DataException(clip.Path, $"shows none of {string.Join(", ", _head.Structures)} with at least {_options.MinimumPixels} pixels of the input.", number);
        }

        int structure = present[random.NextInt32(present.Length)];
        target.Structures[slot] = structure;
        target.Seeds[slot] = random.NextUInt64();
        var drawn = target.Target(slot);
        var labels = target.LabelsOf(slot);
        StructureLabels.Undrawn(clip, _head.Structures, target.UndrawnOf(slot));
        for (int i = 0; i < area; i++)
        {
            drawn[i] = mask[i] == _labels[structure] ? (byte)1 : (byte)0;
            labels[i] = (byte)(Array.IndexOf(_labels, mask[i]) + 1);
        }

        _preparation.Normalizer.Normalize(pixels, 1, inside, target.Image(slot));
    }

    /// <inheritdoc/>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        var samples = (SegmentationBatch)batch;
        using var scope = NewDisposeScope();
        var device = _head.Device;
        var images_BCSS = tensor(samples.Images, device: device).reshape(samples.Size, 3, samples.Side, samples.Side);
        var features = _head.Encode(encoder.Extract(images_BCSS), images_BCSS);
        var masks = tensor(samples.Targets, device: device).reshape(samples.Size, 1, samples.Side, samples.Side).to(float32);
        var targets_PHW = nn.functional.adaptive_avg_pool2d(masks, [features.MaskHeight, features.MaskWidth]).squeeze(1);
        byte[] truth_PHW = PromptRounds.ToBytes(targets_PHW.Plus(-0.5));

        RandomStream[] random = [.. samples.Seeds.Select(seed => RandomStream.For(seed, "segmentation-prompts"))];
        InputPrompt[] prompts = [.. Enumerable.Range(0, samples.Size).Select(slot => FirstPrompt(samples, slot, random[slot]))];
        List<SegmentationLossTerms> rounds = [];
        Tensor? previous_PHW = null;
        for (int round = 0; round <= _options.CorrectionRounds; round++)
        {
            bool[] ambiguous = [.. prompts.Select(prompt => round == 0 && prompt.IsAmbiguous)];
            var output = _head.Decode(features, PromptTensors.Create(prompts, previous_PHW, device));
            var terms = SegmentationLoss.Compute(output, targets_PHW, ambiguous, _options);
            rounds.Add(terms);
            if (round < _options.CorrectionRounds)
            {
                var chosen_PHW = PromptRounds.Select(output.Logits, terms.Best);
                previous_PHW = SegmentationHead.ToMaskPrompt(chosen_PHW, features);
                prompts = PromptRounds.Correct(prompts, truth_PHW, PromptRounds.ToBytes(chosen_PHW), features.MaskWidth, samples.Side, random);
            }
        }

        Tensor Mean(Func<SegmentationLossTerms, Tensor> term) => stack([.. rounds.Select(term)]).mean();
        var total = Mean(terms => terms.Total);
        var named = new Dictionary<string, Tensor>();
        if (features.Semantic is not null)
        {
            var labels_BSS = tensor(samples.Labels, device: device).reshape(samples.Size, samples.Side, samples.Side);
            var semantic = SemanticLoss.Compute(features.Semantic, labels_BSS, StructureLabels.Undrawn(samples.Undrawn, samples.Size, device));
            total = total.Plus(semantic.Times(_options.SemanticWeight));
            named["semantic"] = semantic.detach();
        }

        named["focal"] = Mean(terms => terms.Focal);
        named["dice"] = Mean(terms => terms.Dice);
        named["iou"] = Mean(terms => terms.Iou);
        named["dice_first"] = rounds[0].Dice.alias();
        named["dice_last"] = rounds[^1].Dice.alias();
        foreach (var term in named.Values)
        {
            term.MoveToOuterDisposeScope();
        }

        return new TaskLoss(total.MoveToOuterDisposeScope(), named);
    }

    /// <inheritdoc/>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default) =>
        new SegmentationEvaluator(_set, _preparation, _head, _options).Evaluate(encoder, split, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();

    private InputPrompt FirstPrompt(SegmentationBatch batch, int slot, RandomStream random)
    {
        double kind = random.NextDouble();
        var mask = batch.Target(slot);
        if (kind < _options.PointShare)
        {
            return new InputPrompt { Points = [PromptSimulator.PointInside(mask, batch.Side, random)!.Value] };
        }

        return kind < _options.PointShare + _options.BoxShare || !_head.Options.ClassTokens
            ? new InputPrompt { Box = PromptSimulator.BoxAround(mask, batch.Side, _options.BoxJitter, random) }
            : new InputPrompt { Structure = batch.Structures[slot] };
    }

    private int[] Present(byte[] mask)
    {
        int[] counts = new int[256];
        foreach (byte label in mask)
        {
            counts[label]++;
        }

        return [.. Enumerable.Range(0, _labels.Length).Where(i => counts[_labels[i]] >= _options.MinimumPixels)];
    }
}
