using System.Globalization;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// Watches loss and gradient norm at every step for what comes before a run breaks: a loss that jumps, gradients that
/// explode. It speaks once, and again only after the fault was gone.
/// </summary>
/// <remarks>
/// Thresholds are ours. They compare with the last 100 steps and need 20 of them: a loss above mean plus 6 standard
/// deviations (a deviation counts as at least 1 % of the mean); a gradient norm above 10 times the median at 3 steps running.
/// What stays for 50 steps is taken for the new level. A resumed run starts with an empty memory.
/// </remarks>
public sealed class InstabilityMonitor
{
    private const int Memory = 100;
    private const int Enough = 20;
    private const int NewLevel = 50;
    private const int GradientPatience = 3;
    private const double LossDeviations = 6;
    private const double LeastDeviation = 0.01;
    private const double GradientFactor = 10;

    private readonly ValueWindow _losses = new(Memory);
    private readonly ValueWindow _gradients = new(Memory);
    private int _highLosses;
    private int _highGradients;

    /// <summary>Takes the loss and the gradient norm of one step.</summary>
    /// <param name="loss">Total loss; not finite is passed over, because the run stops there.</param>
    /// <param name="gradientNorm">Norm of all gradients before clipping.</param>
    /// <returns>Sentences that name fault, likely cause and remedy; mostly none.</returns>
    public IReadOnlyList<string> Observe(double loss, double gradientNorm)
    {
        var warnings = new List<string>();
        if (double.IsFinite(loss) && ObserveLoss(loss) is { } spike)
        {
            warnings.Add(spike);
        }

        if (double.IsFinite(gradientNorm) && ObserveGradient(gradientNorm) is { } explosion)
        {
            warnings.Add(explosion);
        }

        return warnings;
    }

    private string? ObserveLoss(double loss)
    {
        if (_losses.Count < Enough)
        {
            _losses.Add(loss);
            return null;
        }

        double mean = _losses.Mean;
        double limit = mean + (LossDeviations * Math.Max(_losses.Deviation, LeastDeviation * Math.Abs(mean)));
        if (!IsHigh(loss, limit, _losses, ref _highLosses) || _highLosses != 1)
        {
            return null;
        }

        return string.Create(CultureInfo.InvariantCulture, $"Loss spike: {loss:0.####} after a mean of {mean:0.####} over the last steps (limit {limit:0.####}). Likely causes: a batch of unusual clips, or a learning rate that is too high. If it comes back, lower optimization.learning_rate or optimization.clip_gradient, or lengthen optimization.warmup_epochs.");
    }

    private string? ObserveGradient(double norm)
    {
        if (_gradients.Count < Enough)
        {
            _gradients.Add(norm);
            return null;
        }

        double median = _gradients.Median;
        if (!IsHigh(norm, GradientFactor * median, _gradients, ref _highGradients) || _highGradients != GradientPatience)
        {
            return null;
        }

        return string.Create(CultureInfo.InvariantCulture, $"Exploding gradients: norm {norm:0.###}, {norm / median:0} times the usual {median:0.###}, {GradientPatience} steps running. Likely cause: a learning rate that is too high for this batch size, or weights near overflow. Lower optimization.learning_rate or optimization.clip_gradient, and start again from a checkpoint before this step.");
    }

    // High values stay out of the memory, so that they do not become the measure of themselves, until they have lasted.
    private static bool IsHigh(double value, double limit, ValueWindow window, ref int count)
    {
        if (value <= limit)
        {
            count = 0;
            window.Add(value);
            return false;
        }

        count++;
        if (count == NewLevel)
        {
            window.Clear();
            count = 0;
        }

        return true;
    }
}
