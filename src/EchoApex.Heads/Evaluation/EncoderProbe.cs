using EchoApex.Core.Configuration;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Evaluation;

/// <summary>
/// Judges frozen features: k-nearest neighbours, linear probe, patch probe. Everything is fitted on the training clips; the
/// one choice, the penalty of the linear probes, is made on validation clips, or on a fifth of the training clips held
/// back by clip or patient. Test clips have no part in either. Accuracies count frames; intervals draw clips.
/// </summary>
public static class EncoderProbe
{
    private const double HeldBack = 0.2;

    /// <summary>Runs all probes that the features allow.</summary>
    /// <param name="train">Features that probes are fitted on.</param>
    /// <param name="validation">Features that λ is chosen on; null to hold back a fifth of the training groups, which join the fit again afterwards.</param>
    /// <param name="test">Features that are judged.</param>
    /// <param name="options">Settings.</param>
    /// <param name="structures">Names of the labels of masks; null to number them.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    /// <exception cref="DataException">The training clips have a single label or a single group, so that nothing can be held back.</exception>
    public static EncoderScores Judge(
        EncoderFeatures train,
        EncoderFeatures? validation,
        EncoderFeatures test,
        EncoderProbeOptions? options = null,
        IReadOnlyList<string>? structures = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        options ??= new EncoderProbeOptions();
        OptionsValidator.Validate(options, "probes");
        var neighbours = new KnnProbe(train.Cls, options.Knn).Predict(test.Cls, cancellationToken);
        return new EncoderScores(
            test.Name,
            Score(neighbours, test.Cls, options),
            Linear(train.Cls, validation?.Cls, test.Cls, options, cancellationToken),
            train.ClsMean is null || test.ClsMean is null ? null : Linear(train.ClsMean, validation?.ClsMean, test.ClsMean, options, cancellationToken),
            train.Patches is null || test.Patches is null ? null : PatchProbe.Judge(train.Patches, validation?.Patches, test.Patches, options, structures, cancellationToken));
    }

    /// <summary>Fits a linear probe, its penalty chosen on validation rows or on rows held back by group.</summary>
    internal static LinearProbe Fit(FeatureTable train, FeatureTable? validation, EncoderProbeOptions options, CancellationToken cancellationToken)
    {
        if (validation is not null)
        {
            return LinearProbe.FitSelecting(train, validation, options.Linear with { RefitOnValidation = false }, cancellationToken);
        }

        var (kept, heldOut) = train.SplitByGroup(HeldBack, RandomStream.For(options.Seed, "probe-validation"));
        return heldOut.Count > 0 && kept.Count > 0
            ? LinearProbe.FitSelecting(kept, heldOut, options.Linear with { RefitOnValidation = true }, cancellationToken)
            : throw new DataException("training clips", "there is no label with two clips or patients, so none can be held back to choose the penalty on. Add clips or name a validation list.");
    }

    private static ProbeScore Linear(FeatureTable train, FeatureTable? validation, FeatureTable test, EncoderProbeOptions options, CancellationToken cancellationToken)
    {
        var probe = Fit(train, validation, options, cancellationToken);
        return Score(probe.Predict(test), test, options) with { L2 = probe.L2 };
    }

    private static ProbeScore Score(ProbePrediction prediction, FeatureTable truth, EncoderProbeOptions options) => new(
        BootstrapInterval.OfAccuracy(prediction.Labels, truth.Labels, truth.Groups, RandomStream.For(options.Seed, "probe-accuracy"), options.BootstrapDraws),
        BootstrapInterval.Compute(truth.Groups, rows => Balanced(prediction.Labels, truth, rows), RandomStream.For(options.Seed, "probe-balanced-accuracy"), options.BootstrapDraws));

    private static double Balanced(IReadOnlyList<int> predicted, FeatureTable truth, IReadOnlyList<int> rows)
    {
        Span<int> right = new int[truth.LabelNames.Count];
        Span<int> total = new int[truth.LabelNames.Count];
        foreach (int row in rows)
        {
            int label = truth.Labels[row];
            total[label]++;
            right[label] += predicted[row] == label ? 1 : 0;
        }

        double sum = 0;
        int seen = 0;
        for (int label = 0; label < total.Length; label++)
        {
            sum += total[label] > 0 ? right[label] / (double)total[label] : 0;
            seen += total[label] > 0 ? 1 : 0;
        }

        return sum / seen;
    }
}
