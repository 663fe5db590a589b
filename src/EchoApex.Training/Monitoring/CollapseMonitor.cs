using System.Globalization;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// Watches for the ways in which self-distillation dies: targets that say nothing, targets that are all the same, features
/// on a line, a last layer that answers alike whatever it sees. Of each it speaks once it has lasted for several
/// observations, and again only after it was gone.
/// </summary>
/// <remarks>
/// Thresholds are ours, each for <see cref="Patience"/> observations running. Uniform: entropy above 97.5 % of ln K (not during
/// the learning rate's warm-up, where centered targets are near uniform in every run). One prototype: KL to uniform above
/// 90 % of ln K, or entropy below 10 % of ln K with at most 2 prototypes or 1 % in use. Dimensions: effective rank below 1.5
/// or feature_std below 0.01. Last layer: a center whose root mean square is above 0.2 (cosines end at 1) and 3 times what it
/// was at first. A resumed run starts with an empty memory.
/// </remarks>
public sealed class CollapseMonitor
{
    internal const int Patience = 3;

    private const int BaselineSize = 10;
    private const double UniformShare = 0.975;
    private const double OneShare = 0.9;
    private const double SharpShare = 0.1;
    private const double FewShare = 0.01;
    private const double LeastRank = 1.5;
    private const double LeastStd = 0.01;
    private const double LargestCenter = 0.2;
    private const double CenterGrowth = 3;

    private readonly double _logPrototypes;
    private readonly double _logPatchPrototypes;
    private readonly double _rootPrototypes;
    private readonly double _fewShare;
    private readonly long _warmupSteps;
    private readonly ValueWindow _centers = new(BaselineSize);
    private readonly Dictionary<string, int> _lasting = new(StringComparer.Ordinal);

    /// <summary>Creates the monitor.</summary>
    /// <param name="prototypes">Number of prototypes K.</param>
    /// <param name="patchPrototypes">The same for patch targets; 0 for as many.</param>
    /// <param name="warmupSteps">Steps of the learning rate's warm-up.</param>
    public CollapseMonitor(int prototypes, int patchPrototypes = 0, long warmupSteps = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(prototypes, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(patchPrototypes);
        _logPrototypes = Math.Log(prototypes);
        _logPatchPrototypes = Math.Log(patchPrototypes == 0 ? prototypes : patchPrototypes);
        _rootPrototypes = Math.Sqrt(prototypes);
        _fewShare = Math.Max(FewShare, 2.0 / prototypes);
        _warmupSteps = warmupSteps;
    }

    /// <summary>Takes the metrics of one logged step, by their names in metrics.jsonl; those that are missing are not judged.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="metrics">teacher_entropy, teacher_kl_to_uniform, prototype_usage, feature_rank, feature_std, center_norm, ibot_teacher_entropy, ibot_teacher_kl_to_uniform.</param>
    /// <returns>Sentences that name fault, likely cause and remedy; mostly none.</returns>
    public IReadOnlyList<string> Observe(long step, IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        string?[] found =
        [
            Lasting("uniform", step <= _warmupSteps ? null : Uniform(Of(metrics, "teacher_entropy"), _logPrototypes, "The teacher's targets are uniform")),
            Lasting("one", OnePrototype(metrics)),
            Lasting("patch uniform", step <= _warmupSteps ? null : Uniform(Of(metrics, "ibot_teacher_entropy"), _logPatchPrototypes, "The patch targets are uniform")),
            Lasting("patch one", OnePatchPrototype(Of(metrics, "ibot_teacher_kl_to_uniform"))),
            Lasting("dimensions", Dimensions(Of(metrics, "feature_rank"), Of(metrics, "feature_std"))),
            Lasting("last layer", LastLayer(Of(metrics, "center_norm"))),
        ];
        return [.. found.OfType<string>()];
    }

    // A comparison with NaN is false: what is missing, or was not finite, is no fault.
    private static double Of(IReadOnlyDictionary<string, double> metrics, string name) => metrics.GetValueOrDefault(name, double.NaN);

    private string? Lasting(string fault, string? sentence)
    {
        int count = sentence is null ? 0 : _lasting.GetValueOrDefault(fault) + 1;
        _lasting[fault] = count;
        return count == Patience ? sentence : null;
    }

    private static string? Uniform(double entropy, double largest, string what) => entropy > UniformShare * largest
        ? Text($"Uniform collapse. {what} (entropy {entropy:0.000} of ln K = {largest:0.000}): nothing is learned. Likely cause: a teacher temperature too high for the spread of the scores, or features that no longer differ. Lower targets.teacher_temperature and its warm-up value, or use targets.kind sinkhorn_knopp with head.batch_norm.")
        : null;

    private string? OnePrototype(IReadOnlyDictionary<string, double> metrics)
    {
        const string remedy = "Likely cause: targets too sharp for the centering, or a center that lags behind. Raise targets.warmup_teacher_temperature and teacher_temperature, lower targets.center_momentum, or use targets.kind sinkhorn_knopp.";
        double divergence = Of(metrics, "teacher_kl_to_uniform");
        if (divergence > OneShare * _logPrototypes)
        {
            return Text($"Collapse to one prototype. All samples share one (KL to uniform {divergence:0.000} of ln K = {_logPrototypes:0.000}). {remedy}");
        }

        double entropy = Of(metrics, "teacher_entropy"), usage = Of(metrics, "prototype_usage");
        return entropy < SharpShare * _logPrototypes && usage <= _fewShare
            ? Text($"Collapse to few prototypes. {usage:0.##%} are in use, and each target is a single one (entropy {entropy:0.000} of ln K = {_logPrototypes:0.000}). {remedy}")
            : null;
    }

    private string? OnePatchPrototype(double divergence) => divergence > OneShare * _logPatchPrototypes
        ? Text($"Collapse to one prototype. All hidden patches share one (KL to uniform {divergence:0.000} of ln K = {_logPatchPrototypes:0.000}). Likely cause: targets too sharp for the centering. Raise targets.teacher_temperature, use targets.kind sinkhorn_knopp, or lower ibot.weight.")
        : null;

    private static string? Dimensions(double rank, double std) => rank < LeastRank || std < LeastStd
        ? Text($"Dimensional collapse. The features have shrunk to one direction (effective rank {rank:0.00}, feature_std {std:0.000}): all clips look alike to the encoder. Likely cause: crops that share no more than brightness, or too high a learning rate. Raise targets.koleo_weight, weaken the gain and noise augmentations, or lower optimization.learning_rate.")
        : null;

    private string? LastLayer(double norm)
    {
        double size = norm / _rootPrototypes;
        if (double.IsFinite(size) && size > 0 && _centers.Count < BaselineSize)
        {
            _centers.Add(size);
            return null;
        }

        return size > LargestCenter && size > CenterGrowth * _centers.Median
            ? Text($"Dead last layer. The center has grown to a norm of {norm:0.0} ({size:0.00} a prototype, {size / _centers.Median:0.0} times that of the start): the prototypes answer every sample alike. Likely cause: prototypes that follow the mean of the features. Lengthen optimization.freeze_last_layer_epochs, set head.freeze_last_layer_norm, lower optimization.learning_rate, or use targets.kind sinkhorn_knopp.")
            : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
