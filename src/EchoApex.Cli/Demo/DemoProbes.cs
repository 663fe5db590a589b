using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Demo;

/// <summary>Turns demonstration clips into feature tables and judges them by k-NN and a linear probe.</summary>
internal static class DemoProbes
{
    private const int PixelSide = 16;

    /// <summary>Embeddings of a few frames of each clip; rows of a clip form a group.</summary>
    public static FeatureTable Embed(DemoSet set, Embedder embedder, int frames, CancellationToken cancellationToken) =>
        Collect(set, frames, embedder.Dimension, (clip, picked) => embedder.Embed(clip, picked, cancellation: cancellationToken), cancellationToken);

    /// <summary>The pixels of the same frames, sector-cropped like an encoder's input, as 16 x 16 gray values.</summary>
    public static FeatureTable Pixels(DemoSet set, Preprocessing preprocessing, int frames, CancellationToken cancellationToken)
    {
        var reader = new ClipPreprocessor(preprocessing with { ImageSize = PixelSide });
        return Collect(
            set,
            frames,
            PixelSide * PixelSide,
            (clip, picked) => [.. picked.SelectMany(frame => reader.ToPicture(clip, frame)).Select(pixel => pixel / 255f)],
            cancellationToken);
    }

    /// <summary>Judges features: probes are fitted on the training clips, their one choice (L2) on a fifth of these held back.</summary>
    public static DemoScore Judge(string name, FeatureTable train, FeatureTable test, ulong seed)
    {
        var (fit, validation) = train.SplitByGroup(0.2, RandomStream.For(seed, "demo-validation"));
        var neighbours = new KnnProbe(train).Predict(test);
        var linear = LinearProbe.FitSelecting(fit, validation).Predict(test);
        return new DemoScore(name, Accuracy(neighbours, test), Accuracy(linear, test));
    }

    private static double Accuracy(ProbePrediction prediction, FeatureTable truth) =>
        new ClassificationScore(prediction.Labels, truth.Labels, truth.LabelNames).Accuracy;

    private static FeatureTable Collect(
        DemoSet set, int frames, int dimension, Func<EchoClip, IReadOnlyList<int>, float[]> featuresOf, CancellationToken cancellationToken)
    {
        var values = new List<float>();
        var labels = new List<int>();
        var groups = new List<string>();
        for (int i = 0; i < set.Paths.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var clip = ClipReader.Open(set.Paths[i]);
            var picked = FrameSelection.Spread(clip.FrameCount, frames);
            values.AddRange(featuresOf(clip, picked));
            labels.AddRange(Enumerable.Repeat(set.Labels[i], picked.Count));
            groups.AddRange(Enumerable.Repeat(set.Paths[i], picked.Count));
        }

        return new FeatureTable([.. values], dimension, [.. labels], DemoSet.ViewNames, groups);
    }
}
