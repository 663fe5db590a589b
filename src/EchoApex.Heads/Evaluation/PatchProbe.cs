// Shape legend: F = frames, N = patches of a frame, C = structures, S = side of a mask in pixels.
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Evaluation;

/// <summary>
/// Linear segmentation on frozen patch features, as DINOv2 evaluates them (Oquab et al. 2023, section 7.4, "lin."): a
/// softmax layer says of each patch what structure it shows, its scores are enlarged bilinearly to the mask's resolution,
/// and each pixel takes the best. Intersection and union are summed over all test pixels before they are divided.
/// </summary>
/// <remarks>
/// Ours: the layer is fitted to the optimum on patches, each with the label of most of its pixels and no more of background than of
/// all structures together, instead of by gradient steps on pixels. The mean is over the structures that occur in the truth; background is left out of it, because it fills most
/// of a frame, and reported beside it. Masks have the resolution of the network input, not of the scanner.
/// </remarks>
public static class PatchProbe
{
    /// <summary>Fits on training frames, chooses λ by the share of right patches on validation frames, scores the pixels of test frames.</summary>
    /// <param name="train">Frames to fit on.</param>
    /// <param name="validation">Frames to choose on; null to hold back a fifth of the training clips.</param>
    /// <param name="test">Frames to judge.</param>
    /// <param name="options">Settings.</param>
    /// <param name="structures">Names of the labels, background first; null to number them.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ArgumentException">The features do not belong together.</exception>
    public static PatchScore Judge(
        PatchFeatures train, PatchFeatures? validation, PatchFeatures test, EncoderProbeOptions options, IReadOnlyList<string>? structures = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(options);
        int count = 1 + new[] { train, validation, test }.OfType<PatchFeatures>().Max(features => features.LargestLabel);
        string[] names = structures is null ? [.. Enumerable.Range(0, count).Select(i => i == 0 ? "background" : $"structure {i}")]
            : structures.Count >= count ? [.. structures]
            : throw new ArgumentException($"Masks hold the label {count - 1}, but there are {structures.Count} names.", nameof(structures));
        var probe = EncoderProbe.Fit(
            train.ToTable(names, options.PatchLimit, RandomStream.For(options.Seed, "probe-patches", 0), thinBackground: true),
            validation?.ToTable(names, options.PatchLimit, RandomStream.For(options.Seed, "probe-patches", 1), thinBackground: true),
            options,
            cancellationToken);
        int[][] confusions = new int[test.FrameCount][];
        Parallel.For(0, test.FrameCount, new ParallelOptions { CancellationToken = cancellationToken }, frame => confusions[frame] = Confusion(probe, test, frame, names));
        var all = Enumerable.Range(0, test.FrameCount).ToArray();
        return new PatchScore(
            BootstrapInterval.Compute(test.Groups, rows => Mean(Sum(confusions, rows), names.Length, first: 1), RandomStream.For(options.Seed, "probe-iou"), options.BootstrapDraws),
            Mean(Sum(confusions, all), names.Length, first: 0),
            names,
            [.. Enumerable.Range(0, names.Length).Select(label => Iou(Sum(confusions, all), names.Length, label))],
            probe.L2);
    }

    // Pixel counts [true label, drawn label].
    private static int[] Confusion(LinearProbe probe, PatchFeatures test, int frame, string[] names)
    {
        int classes = names.Length;
        var prediction = probe.Predict(test.FrameTable(frame, names));

        // Logarithms of probabilities are the layer's scores up to a number that all classes share, which no comparison sees.
        double[] scores_NC = new double[test.PatchCount * classes];
        for (int patch = 0; patch < test.PatchCount; patch++)
        {
            for (int c = 0; c < classes; c++)
            {
                scores_NC[(patch * classes) + c] = Math.Log(Math.Max(prediction.Probabilities(patch)[c], 1e-300));
            }
        }

        var rows = Weights(test.GridHeight, test.Side);
        var columns = Weights(test.GridWidth, test.Side);
        int[] confusion_CC = new int[classes * classes];
        for (int y = 0; y < test.Side; y++)
        {
            for (int x = 0; x < test.Side; x++)
            {
                int best = Best(scores_NC, classes, test.GridWidth, rows[y], columns[x]);
                confusion_CC[(test.Mask(frame)[(y * test.Side) + x] * classes) + best]++;
            }
        }

        return confusion_CC;
    }

    private static int Best(double[] scores_NC, int classes, int width, (int Low, int High, double Share) row, (int Low, int High, double Share) column)
    {
        (int best, double top) = (0, double.NegativeInfinity);
        for (int c = 0; c < classes; c++)
        {
            double At(int y, int x) => scores_NC[(((y * width) + x) * classes) + c];
            double low = At(row.Low, column.Low) + (column.Share * (At(row.Low, column.High) - At(row.Low, column.Low)));
            double high = At(row.High, column.Low) + (column.Share * (At(row.High, column.High) - At(row.High, column.Low)));
            double score = low + (row.Share * (high - low));
            (best, top) = score > top ? (c, score) : (best, top);
        }

        return best;
    }

    // Centres of patches and of pixels are aligned, as in bilinear interpolation with align_corners false.
    private static (int Low, int High, double Share)[] Weights(int grid, int side) => [.. Enumerable.Range(0, side).Select(pixel =>
    {
        double place = Math.Clamp(((pixel + 0.5) * grid / side) - 0.5, 0, grid - 1);
        int low = (int)place;
        return (low, Math.Min(low + 1, grid - 1), place - low);
    })];

    private static long[] Sum(int[][] confusions, IReadOnlyList<int> frames)
    {
        long[] sum = new long[confusions[0].Length];
        foreach (int frame in frames)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += confusions[frame][i];
            }
        }

        return sum;
    }

    // Over the structures that occur in the truth; NaN when none does.
    private static double Mean(long[] confusion_CC, int classes, int first)
    {
        double[] values = [.. Enumerable.Range(first, classes - first)
            .Where(label => confusion_CC.AsSpan(label * classes, classes).ToArray().Sum() > 0)
            .Select(label => Iou(confusion_CC, classes, label))];
        return values.Length == 0 ? double.NaN : values.Average();
    }

    private static double Iou(long[] confusion_CC, int classes, int label)
    {
        long both = confusion_CC[(label * classes) + label];
        long truth = confusion_CC.AsSpan(label * classes, classes).ToArray().Sum();
        long drawn = Enumerable.Range(0, classes).Sum(row => confusion_CC[(row * classes) + label]);
        return truth + drawn == 0 ? double.NaN : both / (double)(truth + drawn - both);
    }
}
