// Shape legend: P = prompts, M = masks, H, W = size of the masks, S = side of the square input.
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// Judges a head on frames with masks: each structure that a frame shows, with one box around it, with one point deep inside it,
/// with that point and two corrections, and by its class token. Masks are compared at the frame's own size.
/// </summary>
internal sealed class SegmentationEvaluator(
    AnnotatedClipSet set, ClipPreparation preparation, SegmentationHead head, SegmentationTrainingOptions options)
{
    public const string Box = "box";
    public const string Point = "point";
    public const string Corrected = "point_2_corrections";
    public const string Automatic = "automatic";
    private const int Corrections = 2;

    public TaskEvaluation Evaluate(IBackbone encoder, DataSplit split, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        using var mode = new EvaluationMode(encoder.Module, head);
        return new MaskJudge(set, preparation, head.Structures, options.MinimumPixels, options.EvaluationFrames)
            .Evaluate(split, question => Answer(encoder, question), options.Seed, options.BootstrapDraws, cancellationToken);
    }

    private (IReadOnlyList<MaskAnswer> Answers, int Width) Answer(IBackbone encoder, MaskQuestion question)
    {
        using var scope = NewDisposeScope();
        var features = Encode(encoder, question.Frame);
        return (Answer(features, question.Present, question.Truths, question.Frame.Side), features.MaskWidth);
    }

    private SegmentationFeatures Encode(IBackbone encoder, PreparedFrame frame)
    {
        float[] values = new float[3 * frame.Side * frame.Side];
        preparation.Normalizer.Normalize(frame.Pixels, 1, frame.Inside, values);
        var image_1CSS = tensor(values, device: head.Device).reshape(1, 3, frame.Side, frame.Side);
        return head.Encode(encoder.Extract(image_1CSS), image_1CSS);
    }

    private List<MaskAnswer> Answer(SegmentationFeatures features, int[] present, byte[][] truths, int side)
    {
        List<(string Kind, int Target, InputPrompt Prompt)> prompts = [];
        for (int i = 0; i < present.Length; i++)
        {
            prompts.Add((Box, i, new InputPrompt { Box = PromptSimulator.BoxAround(truths[i], side, 0, null) }));
            prompts.Add((Point, i, new InputPrompt { Points = [PromptSimulator.PointInside(truths[i], side, null)!.Value] }));
            if (head.Options.ClassTokens)
            {
                prompts.Add((Automatic, i, new InputPrompt { Structure = present[i] }));
            }
        }

        var answered = Decode(features, [.. prompts.Select(prompt => prompt.Prompt)], null);
        List<MaskAnswer> answers = [.. prompts.Select((prompt, p) => new MaskAnswer(prompt.Kind, prompt.Target, answered[p].Logits, answered[p].Iou))];
        int[] points = [.. Enumerable.Range(0, prompts.Count).Where(p => prompts[p].Kind == Point)];
        InputPrompt[] corrected = [.. points.Select(p => prompts[p].Prompt)];
        (float[] Logits, double Iou)[] last = [.. points.Select(p => answered[p])];
        byte[] truth_PHW = [.. truths.SelectMany(truth => Shrink(truth, side, features))];
        for (int round = 0; round < Corrections; round++)
        {
            byte[] drawn_PHW = Array.ConvertAll(Joined(last), value => value > 0 ? (byte)1 : (byte)0);
            corrected = PromptRounds.Correct(corrected, truth_PHW, drawn_PHW, features.MaskWidth, side, null);
            last = Decode(features, corrected, last);
        }

        answers.AddRange(last.Select((answer, i) => new MaskAnswer(Corrected, i, answer.Logits, answer.Iou)));
        return answers;
    }

    // The mask of each prompt that the head trusts most of those that may answer.
    private (float[] Logits, double Iou)[] Decode(SegmentationFeatures features, InputPrompt[] prompts, (float[] Logits, double Iou)[]? previous)
    {
        using var scope = NewDisposeScope();
        Tensor? masks = null;
        if (previous is not null)
        {
            var logits = tensor(Joined(previous), device: head.Device);
            masks = SegmentationHead.ToMaskPrompt(logits.reshape(prompts.Length, features.MaskHeight, features.MaskWidth), features);
        }

        var output = head.Decode(features, PromptTensors.Create(prompts, masks, head.Device));
        float[] all = PromptRounds.ToArray(output.Logits);
        float[] iou = PromptRounds.ToArray(output.Iou);
        int count = (int)output.Iou.shape[1];
        int area = all.Length / iou.Length;
        return [.. prompts.Select((prompt, p) =>
        {
            int best = previous is null && prompt.IsAmbiguous ? Enumerable.Range(1, count - 1).MaxBy(m => iou[(p * count) + m]) : 0;
            int place = (p * count) + best;
            return (all.AsSpan(place * area, area).ToArray(), (double)iou[place]);
        })];
    }

    private static float[] Joined((float[] Logits, double Iou)[] answers) => PromptRounds.Join(Array.ConvertAll(answers, answer => answer.Logits));

    private static byte[] Shrink(byte[] mask, int side, SegmentationFeatures features)
    {
        using var scope = NewDisposeScope();
        var whole = tensor(mask).reshape(1, 1, side, side).to(float32);
        return PromptRounds.ToBytes(nn.functional.adaptive_avg_pool2d(whole, [features.MaskHeight, features.MaskWidth]).Plus(-0.5));
    }
}
