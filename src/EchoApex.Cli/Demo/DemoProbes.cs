using EchoApex.Core.Embedding;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Cli.Demo;

/// <summary>Turns demonstration frames into feature tables and judges them by k-NN and a linear probe.</summary>
internal static class DemoProbes
{
    private const int BatchSize = 100;

    // Accuracy does not move below this gradient norm; the probe's own default is for reference work.
    private static readonly LinearProbeOptions Linear = new() { L2Candidates = [1e-3, 1e-2, 3e-2, 1e-1, 3e-1], Tolerance = 1e-4 };

    /// <summary>Embeddings of the frames; rows of a clip form a group.</summary>
    public static FeatureTable Embed(DemoImages images, Embedder embedder, CancellationToken cancellationToken)
    {
        int count = images.Labels.Length;
        float[] values = new float[count * embedder.Dimension];
        for (int start = 0; start < count; start += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var batch_BCSS = images.Input.narrow(0, start, Math.Min(BatchSize, count - start));
            embedder.Embed(batch_BCSS).Cls.CopyTo(values.AsMemory(start * embedder.Dimension));
        }

        return new FeatureTable(values, embedder.Dimension, images.Labels, DemoSet.ViewNames, images.Groups);
    }

    /// <summary>The pixels themselves as features.</summary>
    public static FeatureTable Pixels(DemoImages images) =>
        new(images.PixelValues, DemoImages.PixelDimension, images.Labels, DemoSet.ViewNames, images.Groups);

    /// <summary>Judges features: probes are fitted on the training clips, their one choice (L2) on a fifth of these held back.</summary>
    public static DemoScore Judge(string name, FeatureTable train, FeatureTable test, ulong seed)
    {
        var (fit, validation) = train.SplitByGroup(0.2, RandomStream.For(seed, "demo-validation"));
        var neighbours = new KnnProbe(train).Predict(test);
        var linear = LinearProbe.FitSelecting(fit, validation, Linear).Predict(test);
        return new DemoScore(name, Accuracy(neighbours, test), Accuracy(linear, test));
    }

    private static double Accuracy(ProbePrediction prediction, FeatureTable truth) =>
        new ClassificationScore(prediction.Labels, truth.Labels, truth.LabelNames).Accuracy;
}
