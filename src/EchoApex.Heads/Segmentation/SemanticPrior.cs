// Shape legend: B = images, P = prompts, K = structures, H, W = size of the masks, N = H W.
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Heads.Segmentation;

/// <summary>
/// What a prompt asks for, by what the pixels are taken for (ours): a named structure is itself; a point speaks for the structures
/// that its pixel may show, a point outside against them; a box for those whose own box is like it. Points after the first prompt
/// correct a mask and count for little here.
/// </summary>
internal static class SemanticPrior
{
    /// <summary>What the first prompt leaves of a structure that it speaks against.</summary>
    public const double Smallest = 1e-3;

    /// <summary>What each further point leaves. It stands where a mask was wrong, and the pixels' own shares with it: it must not change the structure that is meant.</summary>
    public const double Corrected = 0.25;

    /// <summary>Logits of the structures that prompts ask for, [P, 1, H, W].</summary>
    /// <param name="semantic">Logits of background and structures, [1 or P, 1 + K, H, W].</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="height">Rows of the network's input.</param>
    /// <param name="width">Columns of the network's input.</param>
    public static Tensor Logits(Tensor semantic, IReadOnlyList<InputPrompt> prompts, int height, int width)
    {
        using var scope = NewDisposeScope();
        long[] shape = semantic.shape;
        var shares = semantic.softmax(1).narrow(1, 1, shape[1] - 1);
        var maps = new ShareMaps(PromptRounds.ToArray(shares), (int)shape[1] - 1, (int)shape[2], (int)shape[3]);
        float[] weights = [.. prompts.SelectMany((prompt, p) => Weights(maps, shape[0] == 1 ? 0 : p, prompt, height, width))];
        var weights_P1K = tensor(weights, device: semantic.device).reshape(prompts.Count, 1, -1);
        var shares_PKN = shares.flatten(2).expand(prompts.Count, -1, -1);
        using Scalar low = Smallest;
        using Scalar high = 1 - Smallest;
        var asked_P1N = weights_P1K.bmm(shares_PKN).clamp(low, high);
        return asked_P1N.logit().reshape(prompts.Count, 1, shape[2], shape[3]).MoveToOuterDisposeScope();
    }

    private static float[] Weights(ShareMaps maps, int image, InputPrompt prompt, int height, int width)
    {
        double[] scores = new double[maps.Structures];
        for (int k = 0; k < scores.Length; k++)
        {
            scores[k] = prompt.Structure is { } named ? (named == k ? 1 : 0) : Score(maps, image, k, prompt, height, width);
        }

        double sum = scores.Sum();
        return [.. scores.Select(score => (float)(sum > 0 ? score / sum : 1.0 / scores.Length))];
    }

    private static double Score(ShareMaps maps, int image, int structure, InputPrompt prompt, int height, int width)
    {
        double score = 1;
        double scaleX = (double)maps.Width / width;
        double scaleY = (double)maps.Height / height;
        for (int i = 0; i < prompt.Points.Count; i++)
        {
            var point = prompt.Points[i];
            double share = maps.At(image, structure, ((point.X + .5) * scaleX) - .5, ((point.Y + .5) * scaleY) - .5);
            double least = i == 0 && prompt.Box is null ? Smallest : Corrected;
            score *= least + ((1 - least) * (point.Inside ? share : 1 - share));
        }

        if (prompt.Box is { } box)
        {
            var wanted = new PromptBox(((box.Left + .5) * scaleX) - .5, ((box.Top + .5) * scaleY) - .5, ((box.Right + .5) * scaleX) - .5, ((box.Bottom + .5) * scaleY) - .5);
            double overlap = maps.Box(image, structure) is { } own ? Overlap(own, wanted) : 0;

            // The fourth power: a box that is a little more alike is much more likely meant.
            score *= Smallest + Math.Pow(overlap, 4);
        }

        return score;
    }

    private static double Overlap(PromptBox a, PromptBox b)
    {
        double across = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left) + 1;
        double down = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top) + 1;
        double both = Math.Max(0, across) * Math.Max(0, down);
        double Area(PromptBox box) => Math.Max(0, box.Right - box.Left + 1) * Math.Max(0, box.Bottom - box.Top + 1);
        double either = Area(a) + Area(b) - both;
        return either > 0 ? both / either : 0;
    }

    // Shares of structures on this side, [B, K, H, W].
    private sealed class ShareMaps(float[] values, int structures, int height, int width)
    {
        public int Structures { get; } = structures;

        public int Height { get; } = height;

        public int Width { get; } = width;

        public double At(int image, int structure, double x, double y) =>
            Map(image, structure)[(Math.Clamp((int)Math.Round(y), 0, Height - 1) * Width) + Math.Clamp((int)Math.Round(x), 0, Width - 1)];

        /// <summary>The box of the pixels that show a structure more likely than not.</summary>
        public PromptBox? Box(int image, int structure)
        {
            var map = Map(image, structure);
            int left = Width, top = Height, right = -1, bottom = -1;
            for (int i = 0; i < map.Length; i++)
            {
                if (map[i] > .5f)
                {
                    (left, right) = (Math.Min(left, i % Width), Math.Max(right, i % Width));
                    (top, bottom) = (Math.Min(top, i / Width), Math.Max(bottom, i / Width));
                }
            }

            return right < 0 ? null : new PromptBox(left, top, right, bottom);
        }

        private ReadOnlySpan<float> Map(int image, int structure) =>
            values.AsSpan(((image * Structures) + structure) * Height * Width, Height * Width);
    }
}
