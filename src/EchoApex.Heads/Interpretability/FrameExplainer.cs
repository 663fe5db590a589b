// Shape legend: B = images, T = tokens, N = patches (h x w), D = feature dimension, S = side of the square input.
using System.Runtime.InteropServices;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Evaluation;
using EchoApex.Heads.Prediction;
using static TorchSharp.torch;

namespace EchoApex.Heads.Interpretability;

/// <summary>Makes the maps of a frame.</summary>
internal static class FrameExplainer
{
    private const int Components = 3;
    private const int OcclusionBatch = 16;

    public static FrameExplanation Explain(LoadedTask task, EchoClip clip, int frame, ExplanationOptions options, CancellationToken cancellationToken)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var encoder = task.Model.Encoder;
        var prepared = task.Preparation.Frame(clip, frame);
        var image_1CSS = FrameBatch.Of([prepared]).ToImages(task.Preparation.Normalizer);
        using var features = encoder.Extract(image_1CSS);
        var (attention, rollout) = Attention(encoder, image_1CSS);
        var (colors, shares) = Colors(features);
        var explanation = new FrameExplanation
        {
            Frame = frame,
            Task = task.Info.Task,
            Input = prepared.Pixels,
            Side = prepared.Side,
            GridHeight = features.GridHeight,
            GridWidth = features.GridWidth,
            Attention = attention,
            Rollout = rollout,
            Components = colors,
            ComponentShares = shares,
        };
        return options.Occlusion ? WithOcclusion(explanation, task, features, image_1CSS, options.OcclusionPlaces, cancellationToken) : explanation;
    }

    private static (IReadOnlyList<float[]> Heads, float[]? Rollout) Attention(IBackbone encoder, Tensor image_1CSS)
    {
        if (encoder is not VisionTransformerBackbone transformer)
        {
            return ([], null);
        }

        using var scope = NewDisposeScope();
        var blocks = transformer.SelfAttentions(image_1CSS);
        long tokens = blocks[0].shape[2];
        long first = 1 + transformer.Config.Registers;
        Tensor? flow_TT = null;
        using var identity_TT = eye(tokens);
        foreach (var scores_1hTT in blocks)
        {
            var mixed_TT = scores_1hTT[0].to(float32).mean([0]).Times(0.5).Plus(identity_TT.Times(0.5));
            flow_TT = flow_TT is null ? mixed_TT : einsum("ij,jk->ik", mixed_TT, flow_TT);
        }

        var last_hN = blocks[^1][0].select(1, 0).narrow(1, first, tokens - first);
        int patches = (int)(tokens - first);
        return ([.. Values(last_hN).Chunk(patches)], Values(flow_TT!.select(0, 0).narrow(0, first, tokens - first)));
    }

    // Each component is stretched between its 2nd and 98th percentile, so that one outlying patch does not take all contrast.
    private static (byte[] Rgb, IReadOnlyList<double> Shares) Colors(BackboneFeatures features)
    {
        float[] patches_ND = Values(features.Patches[0]);
        int dimension = (int)features.Patches.shape[2];
        int count = patches_ND.Length / dimension;
        byte[] rgb = new byte[count * 3];
        if (count < 2)
        {
            return (rgb, [0, 0, 0]);
        }

        var all = PrincipalComponents.Fit(patches_ND, dimension, Math.Min(dimension, count - 1));
        double total = Math.Max(1e-30, all.Variances.Sum());
        double[] projected_NK = all.Project(patches_ND);
        for (int k = 0; k < Math.Min(Components, all.Count); k++)
        {
            double[] sorted = [.. Enumerable.Range(0, count).Select(i => projected_NK[(i * all.Count) + k]).Order()];
            double low = sorted[(int)(0.02 * (count - 1))], high = sorted[(int)(0.98 * (count - 1))];
            for (int i = 0; i < count; i++)
            {
                rgb[(3 * i) + k] = (byte)Math.Round(255 * Math.Clamp((projected_NK[(i * all.Count) + k] - low) / Math.Max(1e-12, high - low), 0, 1));
            }
        }

        return (rgb, [.. Enumerable.Range(0, Components).Select(k => k < all.Count ? all.Variances[k] / total : 0)]);
    }

    private static FrameExplanation WithOcclusion(FrameExplanation explanation, LoadedTask task, BackboneFeatures features, Tensor image_1CSS, int places, CancellationToken cancellationToken)
    {
        // Whole patches are covered, several at a time where there are more of them than places.
        int step = 1;
        while (Cells(explanation.GridHeight, step) * Cells(explanation.GridWidth, step) > places)
        {
            step++;
        }

        var (score, meaning) = Score(task, features);
        int rows = Cells(explanation.GridHeight, step), columns = Cells(explanation.GridWidth, step);
        int size = explanation.Side / explanation.GridHeight * step;
        float[] lost = new float[rows * columns];
        foreach (int[] part in Enumerable.Range(0, lost.Length).Chunk(OcclusionBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var images_BCSS = image_1CSS.repeat(part.Length, 1, 1, 1);
            for (int i = 0; i < part.Length; i++)
            {
                int top = part[i] / columns * size, left = part[i] % columns * size;
                images_BCSS[i].narrow(1, top, Math.Min(size, explanation.Side - top)).narrow(2, left, Math.Min(size, explanation.Side - left)).zero_();
            }

            using var covered = task.Model.Encoder.Extract(images_BCSS);
            float[] values = score(covered);
            for (int i = 0; i < part.Length; i++)
            {
                lost[part[i]] = values[i];
            }
        }

        return explanation with { Occlusion = lost, OcclusionHeight = rows, OcclusionWidth = columns, OcclusionMeaning = meaning };
    }

    // What is lost: of views the probability of the likeliest, of other models how far the frame's vector turns.
    private static (Func<BackboneFeatures, float[]> Score, string Meaning) Score(LoadedTask task, BackboneFeatures whole)
    {
        if (task is LoadedView view)
        {
            float[] probabilities = Values(view.Head.Classify(whole).softmax(1));
            int likeliest = Array.IndexOf(probabilities, probabilities.Max());
            return (covered => [.. Values(view.Head.Classify(covered).softmax(1).select(1, likeliest)).Select(value => probabilities[likeliest] - value)],
                $"loss of the probability of {task.Info.Labels[likeliest]}");
        }

        var unit_1D = nn.functional.normalize(whole.Cls, dim: 1);
        return (covered =>
        {
            using var scope = NewDisposeScope();
            return [.. Values(nn.functional.normalize(covered.Cls, dim: 1).mul(unit_1D).sum(1)).Select(value => 1 - value)];
        }, "change of the embedding (1 - cosine)");
    }

    private static int Cells(int patches, int step) => (patches + step - 1) / step;

    private static float[] Values(Tensor tensor)
    {
        using var plain = tensor.to(float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(plain.bytes).ToArray();
    }
}
