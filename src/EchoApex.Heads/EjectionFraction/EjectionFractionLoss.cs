// Shape legend: B = clips, T = frames; 2 = end diastole and end systole, or the classes below 50 and 40 %.
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>
/// Negative log-likelihood of the ejection fraction (constants left out), cross-entropy of the frames of end diastole and end
/// systole, and cross-entropy of the classes below 50 and 40 %. A phase that is not known carries no weight.
/// </summary>
/// <remarks>The phase's target is a Gaussian in time around the labelled frame, normalised over the clip's frames.</remarks>
public sealed class EjectionFractionLoss
{
    /// <summary>The thresholds of the two classes in percent.</summary>
    public static readonly IReadOnlyList<double> Thresholds = [50, 40];

    private readonly EjectionFractionLossOptions _options;

    /// <summary>Creates the loss.</summary>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public EjectionFractionLoss(EjectionFractionLossOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "ejection_fraction.loss");
        _options = options;
    }

    /// <summary>The loss of a batch.</summary>
    /// <returns>The loss with the terms "likelihood", "phase" and "class"; the caller disposes it.</returns>
    public TaskLoss Compute(EjectionFractionOutput output, EjectionFractionTargets targets)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(targets);
        using var scope = NewDisposeScope();
        var likelihood = Likelihood(output, targets.Percent);
        var phase = Phase(output.PhaseLogits, targets);
        using Scalar fifty = Thresholds[0];
        using Scalar forty = Thresholds[1];
        var below_B2 = stack([targets.Percent.lt(fifty), targets.Percent.lt(forty)], -1).to(ScalarType.Float32);
        var classes = nn.functional.binary_cross_entropy_with_logits(output.ClassLogits, below_B2);
        var total = likelihood.Plus(phase.Times(_options.PhaseWeight)).Plus(classes.Times(_options.ClassWeight));
        return new TaskLoss(total.MoveToOuterDisposeScope(), new Dictionary<string, Tensor>
        {
            ["likelihood"] = likelihood.detach().MoveToOuterDisposeScope(),
            ["phase"] = phase.detach().MoveToOuterDisposeScope(),
            ["class"] = classes.detach().MoveToOuterDisposeScope(),
        });
    }

    private Tensor Likelihood(EjectionFractionOutput output, Tensor percent_B)
    {
        var error_B = output.Mean.Plus(percent_B.neg()).div(output.LogScale.exp());
        var cost_B = _options.Likelihood == EjectionFractionLikelihood.Gaussian ? error_B.mul(error_B).Times(0.5) : error_B.abs();
        return cost_B.Plus(output.LogScale).mean();
    }

    private Tensor Phase(Tensor logits_BT2, EjectionFractionTargets targets)
    {
        using Scalar zero = 0;
        var known_B2 = targets.PhaseFrames.ge(zero).to(ScalarType.Float32);
        var center_B2 = targets.TimesMs.gather(1, targets.PhaseFrames.clamp(min: zero));
        var distance_BT2 = targets.TimesMs.unsqueeze(-1).Plus(center_B2.unsqueeze(1).neg());

        // Padding is left out by the same logits of -10,000 that hide it in the prediction.
        using Scalar padding = -5_000.0;
        var hidden_BT2 = logits_BT2.detach().lt(padding).to(ScalarType.Float32).Times(-1e4);
        var target_BT2 = distance_BT2.mul(distance_BT2).Times(-0.5 / (_options.PhaseSigmaMs * _options.PhaseSigmaMs)).Plus(hidden_BT2).softmax(1);
        var entropy_B2 = target_BT2.mul(logits_BT2.log_softmax(1)).sum([1]).neg();
        return entropy_B2.mul(known_B2).sum([0, 1]).DividedBy(Math.Max(1, known_B2.sum([0, 1]).ReadDouble()));
    }
}
