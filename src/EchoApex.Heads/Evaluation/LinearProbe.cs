// Shape legend: N = samples, D = feature dimension, C = classes.
using EchoApex.Core.Evaluation;

namespace EchoApex.Heads.Evaluation;

/// <summary>
/// Multinomial logistic regression on frozen features, fitted to the optimum: features standardised by the training set,
/// full-batch L-BFGS from zero, so that the same data always gives the same probe.
/// </summary>
/// <remarks>Thread safety: a fitted probe may be used from several threads.</remarks>
public sealed class LinearProbe
{
    private readonly FeatureTable _space;
    private readonly FeatureScaling _scaling;
    private readonly double[] _parameters;

    private LinearProbe(FeatureTable space, FeatureScaling scaling, double[] parameters, double l2, double loss, double gradientNorm, int iterations)
    {
        (_space, _scaling, _parameters) = (space, scaling, parameters);
        (L2, Loss, GradientNorm, Iterations) = (l2, loss, gradientNorm, iterations);
    }

    /// <summary>Weight λ of the penalty that the probe was fitted with.</summary>
    public double L2 { get; }

    /// <summary>The objective at the optimum: mean cross-entropy plus penalty.</summary>
    public double Loss { get; }

    /// <summary>Largest absolute entry of the objective's gradient where the fit ended.</summary>
    public double GradientNorm { get; }

    /// <summary>Iterations that the fit took.</summary>
    public int Iterations { get; }

    /// <summary>Weights [C, D] on standardised features, class by class, as a copy.</summary>
    public double[] Weights() => _parameters[..(_space.LabelNames.Count * _space.Dimension)];

    /// <summary>Biases [C], as a copy; they add up to 0.</summary>
    public double[] Biases() => _parameters[(_space.LabelNames.Count * _space.Dimension)..];

    /// <summary>Fits a probe with <see cref="LinearProbeOptions.L2"/>.</summary>
    /// <exception cref="ArgumentException">The training set is empty, or an option is out of range.</exception>
    public static LinearProbe Fit(FeatureTable training, LinearProbeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new LinearProbeOptions();
        RequireUsable(training, options);
        var scaling = FeatureScaling.Of(training);
        var objective = new SoftmaxObjective(scaling.Apply(training), training.Labels, training.LabelNames.Count, options.L2);
        return Fit(training, scaling, objective, new double[objective.ParameterCount], options, cancellationToken);
    }

    /// <summary>
    /// Chooses λ by the accuracy on a validation set (ties: the stronger penalty), then fits on training and validation
    /// samples together, or with <see cref="LinearProbeOptions.RefitOnValidation"/> off on training samples alone. The test
    /// set has no part in it.
    /// </summary>
    /// <exception cref="ArgumentException">A table is empty, they do not belong together, or there is no candidate.</exception>
    public static LinearProbe FitSelecting(FeatureTable training, FeatureTable validation, LinearProbeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        training.RequireSameSpace(validation);
        options ??= new LinearProbeOptions();
        if (options.L2Candidates.Count == 0 || validation.Count == 0)
        {
            throw new ArgumentException($"Choosing the penalty needs candidates and validation samples; got {options.L2Candidates.Count} and {validation.Count}.", nameof(options));
        }

        RequireUsable(training, options);
        var scaling = FeatureScaling.Of(training);
        double[] scaled = scaling.Apply(training);
        double[]? start = null;
        double best = double.NegativeInfinity, chosen = options.L2;
        foreach (double l2 in options.L2Candidates.OrderDescending())
        {
            // From strong to weak: each optimum is a good start for the next, and a tie keeps the stronger penalty.
            var candidate = options with { L2 = l2 };
            RequireUsable(training, candidate);
            var objective = new SoftmaxObjective(scaled, training.Labels, training.LabelNames.Count, l2);
            var probe = Fit(training, scaling, objective, start ?? new double[objective.ParameterCount], candidate, cancellationToken);
            start = [.. probe._parameters];
            double accuracy = new ClassificationScore(probe.Predict(validation).Labels, validation.Labels, validation.LabelNames).Accuracy;
            (best, chosen) = accuracy > best ? (accuracy, l2) : (best, chosen);
        }

        return Fit(options.RefitOnValidation ? training.Append(validation) : training, options with { L2 = chosen }, cancellationToken);
    }

    /// <summary>Classifies the rows of a table; its labels are not looked at.</summary>
    /// <returns>Probabilities [N, C].</returns>
    /// <exception cref="ArgumentException">The table does not belong to the training set.</exception>
    public ProbePrediction Predict(FeatureTable table)
    {
        _space.RequireSameSpace(table);
        int classes = _space.LabelNames.Count;
        double[] features_ND = _scaling.Apply(table);
        double[] probabilities_NC = new double[table.Count * classes];
        for (int i = 0; i < table.Count; i++)
        {
            SoftmaxObjective.Probabilities(features_ND.AsSpan(i * table.Dimension, table.Dimension), _parameters, probabilities_NC.AsSpan(i * classes, classes));
        }

        return new ProbePrediction(probabilities_NC, classes);
    }

    private static LinearProbe Fit(FeatureTable training, FeatureScaling scaling, SoftmaxObjective objective, double[] start, LinearProbeOptions options, CancellationToken cancellationToken)
    {
        var (loss, norm, iterations) = Lbfgs.Minimize(objective.Evaluate, start, options.Tolerance, options.MaximumIterations, cancellationToken);
        return new LinearProbe(training.Subset([]), scaling, start, options.L2, loss, norm, iterations);
    }

    private static void RequireUsable(FeatureTable training, LinearProbeOptions options)
    {
        if (training.Count == 0)
        {
            throw new ArgumentException("The training set is empty.", nameof(training));
        }

        if (!(options.L2 >= 0) || !(options.Tolerance > 0) || options.MaximumIterations < 1)
        {
            throw new ArgumentException($"L2 {options.L2} must not be negative; tolerance {options.Tolerance} and iterations {options.MaximumIterations} must be positive.", nameof(options));
        }
    }
}
