// S side of the square input, W columns of the answers.
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>Compares masks with the true ones at the frame's own size, whatever network draws them; each structure that a frame shows counts.</summary>
/// <param name="set">The clips.</param>
/// <param name="preparation">Opens them.</param>
/// <param name="structures">Names of the structures.</param>
/// <param name="minimumPixels">Pixels of the input that a structure must have to be judged.</param>
/// <param name="evaluationFrames">Frames with a mask that are judged of each clip, evenly spread; 0 takes all.</param>
internal sealed class MaskJudge(AnnotatedClipSet set, ClipPreparation preparation, IReadOnlyList<string> structures, int minimumPixels, int evaluationFrames)
{
    private const int Tiles = 12;

    private readonly byte[] _labels = StructureLabels.Of(set, structures);
    private readonly List<SegmentationCase> _cases = [];
    private readonly List<SkippedClip> _skipped = [];
    private readonly List<MaskSheetTile> _tiles = [];

    /// <summary>Judges one split, without gradients; the caller sees to evaluation mode.</summary>
    /// <param name="split">Which clips.</param>
    /// <param name="answer">Draws the masks of a frame, each with W columns.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="draws">Draws of the bootstrap.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    /// <exception cref="DataException">The split has no mask.</exception>
    public TaskEvaluation Evaluate(
        DataSplit split, Func<MaskQuestion, (IReadOnlyList<MaskAnswer> Answers, int Width)> answer, ulong seed, int draws, CancellationToken cancellationToken)
    {
        AnnotatedClip[] clips = [.. set.Of(split).Where(clip => clip.Frames.Any(frame => frame.Mask is not null))];
        if (clips.Length == 0)
        {
            throw new DataException(set.Name, $"has no clip with a mask in the split {split}.");
        }

        using var gradients = no_grad();
        for (int i = 0; i < clips.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool shown = i * Tiles / clips.Length != (i - 1) * Tiles / clips.Length || i == 0;
            Judge(clips[i], answer, shown);
        }

        return SegmentationReport.Make(_cases, structures, _tiles, _skipped, seed, draws);
    }

    private void Judge(AnnotatedClip clip, Func<MaskQuestion, (IReadOnlyList<MaskAnswer> Answers, int Width)> answer, bool shown)
    {
        try
        {
            FrameAnnotation[] known = [.. clip.Frames.Where(frame => frame.Mask is not null)];
            int count = evaluationFrames == 0 ? known.Length : Math.Min(evaluationFrames, known.Length);
            for (int i = 0; i < count; i++)
            {
                JudgeFrame(clip, known[i * known.Length / count], answer, shown && i == 0);
            }
        }
        catch (DataException error)
        {
            _skipped.Add(new SkippedClip(clip.Path, error.Reason));
        }
    }

    private void JudgeFrame(AnnotatedClip clip, FrameAnnotation annotation, Func<MaskQuestion, (IReadOnlyList<MaskAnswer> Answers, int Width)> answer, bool shown)
    {
        var opened = preparation.Open(clip);
        var frame = preparation.Frame(clip, annotation.Frame);
        byte[] mask = frame.Mask!;
        int[] present = [.. Enumerable.Range(0, _labels.Length).Where(i => mask.AsSpan().Count(_labels[i]) >= minimumPixels)];
        if (present.Length == 0)
        {
            return;
        }

        byte[][] truths = [.. present.Select(i => Only(mask, _labels[i]))];
        var (answers, width) = answer(new MaskQuestion(frame, present, truths));
        var whole = annotation.Mask!();
        byte[][] wholeTruths = [.. present.Select(i => Only(whole.Labels.Span, _labels[i]))];
        foreach (var given in answers)
        {
            int structure = present[given.Target];
            byte[] drawn = MaskRenderer.ToFrame(given.Logits, width, frame.Side, frame.Side, opened.Geometry, whole.Height, whole.Width);
            _cases.Add(new SegmentationCase(
                clip.Name, clip.Patient, annotation.Frame, structure, given.Prompt, given.Iou, MaskMetrics.Compare(wholeTruths[given.Target], drawn, whole.Width, opened.Spacing)));
        }

        if (shown)
        {
            _tiles.AddRange(answers.Select(given => given.Prompt).Distinct().Select(prompt => new MaskSheetTile(
                prompt, clip.Name, frame.Side, frame.Pixels, truths, [.. answers.Where(given => given.Prompt == prompt).Select(given => given.Logits)], width)));
        }
    }
    private static byte[] Only(ReadOnlySpan<byte> labels, byte wanted)
    {
        byte[] mask = new byte[labels.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = labels[i] == wanted ? (byte)1 : (byte)0;
        }

        return mask;
    }
}
