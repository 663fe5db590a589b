// Shape legend: B = images, C = background and structures, S = side of the square input.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using EchoApex.Heads.Segmentation;
using static TorchSharp.torch;

namespace EchoApex.Heads.Specialists;

/// <summary>
/// A <see cref="UNet"/> from scratch that draws all structures of a frame at once: what <see cref="SegmentationTask"/> is compared
/// with. Its figures bear the names of that task's automatic mode and come from the same judge.
/// </summary>
/// <remarks>
/// The encoder that the methods are given is not used and may be null. Pixels of structures that are not asked for count as
/// background; of structures that the masks of one set of a mixture do not draw nothing is learnt from its frames.
/// </remarks>
public sealed class UNetSegmentationTask : ITrainableTask
{
    private readonly AnnotatedClipSet _set;
    private readonly ClipPreparation _preparation;
    private readonly UNetSegmentationOptions _options;
    private readonly UNet _network;
    private readonly byte[] _classes = new byte[256];
    private readonly (AnnotatedClip Clip, int Frame)[] _frames;

    /// <summary>Sets up the task with an untrained network.</summary>
    /// <param name="set">Clips with masks.</param>
    /// <param name="preparation">Opens them as the network's input.</param>
    /// <param name="structures">Names of the structures to draw; at least one.</param>
    /// <param name="options">All else.</param>
    /// <param name="seed">Seed of the network's weights.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or the set does not draw one of the structures.</exception>
    public UNetSegmentationTask(AnnotatedClipSet set, ClipPreparation preparation, IReadOnlyList<string> structures, UNetSegmentationOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(preparation);
        ArgumentNullException.ThrowIfNull(structures);
        ArgumentOutOfRangeException.ThrowIfZero(structures.Count, nameof(structures));
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "unet segmentation");
        (_set, _preparation, Structures, _options) = (set, preparation, [.. structures], options);
        byte[] labels = StructureLabels.Of(set, Structures);
        for (int i = 0; i < labels.Length; i++)
        {
            _classes[labels[i]] = (byte)(i + 1);
        }

        _frames = [.. set.Of(DataSplit.Train).SelectMany(clip => clip.Frames.Where(frame => frame.Mask is not null).Select(frame => (clip, frame.Frame)))];
        TrainingSamples = [.. _frames.Select(sample => new TaskSample(sample.Clip.Patient, Set: sample.Clip.Set))];
        _network = new UNet(Structures.Count + 1, _options.Network, RandomStream.For(seed, "segmentation unet"));
    }

    /// <summary>What the outputs after the background mean.</summary>
    public IReadOnlyList<string> Structures { get; }

    /// <inheritdoc/>
    public string Name => "segment_unet";

    /// <inheritdoc/>
    public nn.Module Head => _network;

    /// <inheritdoc/>
    public IReadOnlyList<TaskSample> TrainingSamples { get; }

    private Device Device => _network.parameters().First().device;

    /// <inheritdoc/>
    public ITaskBatch CreateBatch(int size) => new UNetSegmentationBatch(size, _preparation.Side, Structures.Count);

    /// <inheritdoc/>
    public void Fill(ITaskBatch batch, int slot, int sample, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var target = (UNetSegmentationBatch)batch;
        var (clip, number) = _frames[sample];
        var frame = _preparation.Frame(clip, number);
        var classes = target.Classes(slot);
        StructureLabels.Undrawn(clip, Structures, target.UndrawnOf(slot));
        FrameTransform.Draw(_options.Augmentation, frame.Side, random).Apply(frame, random, target.Pixels(slot), target.Inside(slot), classes);
        foreach (ref byte label in classes)
        {
            label = _classes[label];
        }
    }

    /// <inheritdoc/>
    /// <remarks>The encoder is not used.</remarks>
    public TaskLoss Loss(IBackbone encoder, ITaskBatch batch)
    {
        var source = (UNetSegmentationBatch)batch;
        using var scope = NewDisposeScope();
        var logits_BCSS = _network.forward(source.ToImages(_preparation.Normalizer).to(Device));
        var classes_BSS = tensor(source.Classes_BSS).view(source.Size, source.Side, source.Side).to(Device);
        var loss = UNetSegmentationLoss.Compute(logits_BCSS, classes_BSS, StructureLabels.Undrawn(source.Undrawn, source.Size, Device), _options);
        loss.Total.MoveToOuterDisposeScope();
        foreach (var term in loss.Terms.Values)
        {
            term.MoveToOuterDisposeScope();
        }

        return loss;
    }

    /// <inheritdoc/>
    /// <remarks>The encoder is not used.</remarks>
    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken = default)
    {
        using var mode = new EvaluationMode(_network);
        return new MaskJudge(_set, _preparation, Structures, _options.MinimumPixels, _options.EvaluationFrames)
            .Evaluate(split, Answer, _options.Seed, _options.BootstrapDraws, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    // A structure's logit over the best of the others: above 0 where the pixel is the structure's.
    private (IReadOnlyList<MaskAnswer> Answers, int Width) Answer(MaskQuestion question)
    {
        using var scope = NewDisposeScope();
        int side = question.Frame.Side, area = side * side;
        float[] values = new float[3 * area];
        _preparation.Normalizer.Normalize(question.Frame.Pixels, 1, question.Frame.Inside, values);
        float[] logits_CSS = PromptRounds.ToArray(_network.forward(tensor(values).view(1, 3, side, side).to(Device)));
        return ([.. question.Present.Select((structure, i) => new MaskAnswer(SegmentationEvaluator.Automatic, i, Margins(logits_CSS, structure + 1, area), null))], side);
    }

    private static float[] Margins(float[] logits_CSS, int wanted, int area)
    {
        float[] margins = new float[area];
        for (int i = 0; i < area; i++)
        {
            float best = float.NegativeInfinity;
            for (int place = i, other = 0; place < logits_CSS.Length; place += area, other++)
            {
                best = other == wanted ? best : Math.Max(best, logits_CSS[place]);
            }

            margins[i] = logits_CSS[(wanted * area) + i] - best;
        }

        return margins;
    }
}
