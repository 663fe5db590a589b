// Shape legend: B = clips, T = frames (padded to the longest), N = patches, D = encoder features, F = width, P = F / 2 periods, R = motion curves.
using EchoApex.Core.Backbones;
using EchoApex.Core.Configuration;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using LayerNorm = EchoApex.Core.Layers.LayerNorm;
using Linear = EchoApex.Core.Layers.Linear;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>
/// A spatio-temporal decoder from the frames of a clip to its ejection fraction: each frame's cls token and pooled patches become
/// one token, a transformer over any number of frames at their real times mixes them, a summary token and the rise and fall of some
/// learned numbers over the frames give the ejection fraction with its spread and the classes below 50 and 40 %, and each frame's
/// token the chance to be end diastole and end systole.
/// </summary>
/// <remarks>
/// Times enter as sines and cosines of periods between the shortest and the longest of the options, in geometric steps, so that the
/// same beat at another frame rate looks alike. The ejection fraction leaves the network in standard deviations around the mean
/// of the training labels (<see cref="SetTargetStatistics"/>): an untrained head says that mean. Stored as "target_mean" and
/// "target_std" beside the weights.
/// </remarks>
public sealed class EjectionFractionHead : nn.Module
{
    // Well outside any score, yet finite: a row of padding alone must not become NaN.
    private const double Hidden = -10_000;

    // How sharply the largest and the smallest of a curve are chosen.
    private const double Sharpness = 8;

    [ComponentName(Name = "target_mean")]
    private readonly Tensor _targetMean;

    [ComponentName(Name = "target_std")]
    private readonly Tensor _targetStd;

    [ComponentName(Name = "pool_query")]
    private readonly Linear? _poolQuery;

    [ComponentName(Name = "frame_norm")]
    private readonly LayerNorm _frameNorm;

    [ComponentName(Name = "frame_proj")]
    private readonly Linear _frameProjection;

    [ComponentName(Name = "motion")]
    private readonly Linear? _motion;

    [ComponentName(Name = "time_proj")]
    private readonly Linear _timeProjection;

    [ComponentName(Name = "summary_token")]
    private readonly Parameter _summaryToken;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<TemporalBlock> _blocks;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "ef")]
    private readonly Linear _ejectionFraction;

    [ComponentName(Name = "phase")]
    private readonly Linear _phase;

    [ComponentName(Name = "classes")]
    private readonly Linear _classes;

    /// <summary>Creates the head for an encoder.</summary>
    /// <param name="featureDimension">The encoder's <see cref="IBackbone.FeatureDimension"/>.</param>
    /// <param name="options">The head's shape.</param>
    /// <param name="initialization">Draws the initial weights.</param>
    /// <exception cref="ConfigurationException">An option is out of range.</exception>
    public EjectionFractionHead(int featureDimension, EjectionFractionHeadOptions options, RandomStream initialization)
        : base(nameof(EjectionFractionHead))
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(initialization);
        OptionsValidator.Validate(options, "ejection_fraction.head");
        Options = options;
        _targetMean = Weights.Own(full([], 55, float32));
        _targetStd = Weights.Own(full([], 12, float32));
        _poolQuery = options.Pooling == FramePooling.Attention ? new Linear(featureDimension, 1) : null;
        _frameNorm = new LayerNorm(2L * featureDimension);
        _frameProjection = new Linear(2L * featureDimension, options.Width);
        _motion = options.MotionCurves > 0 ? new Linear(options.Width, options.MotionCurves) : null;
        _timeProjection = new Linear(options.Width, options.Width);
        _summaryToken = Weights.Constant(0, 1, 1, options.Width);
        _blocks = [];
        for (int i = 0; i < options.Depth; i++)
        {
            _blocks.Add(new TemporalBlock(options.Width, options.Heads, options.MlpRatio));
        }

        _norm = new LayerNorm(options.Width);
        _ejectionFraction = new Linear(options.Width + options.MotionCurves, 2);
        _phase = new Linear(options.Width, 2);
        _classes = new Linear(options.Width + options.MotionCurves, 2);
        RegisterComponents();
        Initialize(initialization);
    }

    /// <summary>The head's shape.</summary>
    public EjectionFractionHeadOptions Options { get; }

    /// <summary>Mean and standard deviation of the training labels in percent, as they stand in the state dict.</summary>
    public (double Mean, double Std) TargetStatistics => (_targetMean.ReadDouble(), _targetStd.ReadDouble());

    /// <summary>Sets where an untrained head starts: the mean and standard deviation of the training labels in percent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The standard deviation is not positive.</exception>
    public void SetTargetStatistics(double mean, double std)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(std);
        using var noGrad = no_grad();
        _targetMean.FillInPlace(mean);
        _targetStd.FillInPlace(std);
    }

    /// <summary>One vector a frame from what an encoder says of it: cls token and pooled patches.</summary>
    /// <param name="features">Features of M frames.</param>
    /// <returns>[M, 2 D]; the caller disposes it.</returns>
    public Tensor PoolFrames(BackboneFeatures features)
    {
        ArgumentNullException.ThrowIfNull(features);
        using var scope = NewDisposeScope();
        var patches_MND = features.Patches;
        var pooled_MD = _poolQuery is null
            ? patches_MND.mean([1])
            : bmm(_poolQuery.forward(patches_MND).softmax(1).transpose(1, 2), patches_MND).squeeze(1);
        return cat([features.Cls, pooled_MD], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Decodes clips.</summary>
    /// <param name="frames_BTE">Vectors of <see cref="PoolFrames"/>, [B, T, 2 D]; padding may hold anything finite.</param>
    /// <param name="timesMs_BT">Time of each frame in ms from the clip's first one here, [B, T]; NaN where unknown.</param>
    /// <param name="valid_BT">1 for a frame, 0 for padding, [B, T]; each clip has at least one frame.</param>
    /// <returns>What it says; the caller disposes it.</returns>
    public EjectionFractionOutput Decode(Tensor frames_BTE, Tensor timesMs_BT, Tensor valid_BT)
    {
        ArgumentNullException.ThrowIfNull(frames_BTE);
        ArgumentNullException.ThrowIfNull(timesMs_BT);
        ArgumentNullException.ThrowIfNull(valid_BT);
        using var scope = NewDisposeScope();
        long clips = frames_BTE.shape[0], count = frames_BTE.shape[1];
        var frames_BTF = _frameProjection.forward(_frameNorm.forward(frames_BTE));
        var tokens_BTF = frames_BTF.Plus(_timeProjection.forward(EncodeTimes(timesMs_BT)));
        tokens_BTF = cat([_summaryToken.expand(clips, 1, Options.Width), tokens_BTF], 1);

        // The summary token is always seen.
        var hidden_BT = valid_BT.neg().Plus(1).Times(Hidden);
        var bias_B11T = cat([zeros([clips, 1], float32, valid_BT.device), hidden_BT], 1).view(clips, 1, 1, count + 1);
        foreach (var block in _blocks)
        {
            tokens_BTF = block.Transform(tokens_BTF, bias_B11T);
        }

        tokens_BTF = _norm.forward(tokens_BTF);
        var summary_BF = tokens_BTF.narrow(1, 0, 1).squeeze(1);
        summary_BF = _motion is null ? summary_BF : cat([summary_BF, Amplitudes(_motion.forward(frames_BTF), valid_BT, hidden_BT)], 1);
        var standard_B2 = _ejectionFraction.forward(summary_BF);
        var mean_B = standard_B2.narrow(1, 0, 1).squeeze(1).mul(_targetStd).Plus(_targetMean);

        // A floor with a gradient: the spread is the floor and something on top.
        var logScale_B = standard_B2.narrow(1, 1, 1).squeeze(1).exp().mul(_targetStd).Plus(Options.MinimumSpread).log();
        var phase_BT2 = _phase.forward(tokens_BTF.narrow(1, 1, count)).Plus(hidden_BT.unsqueeze(-1));
        return new EjectionFractionOutput(
            mean_B.MoveToOuterDisposeScope(),
            logScale_B.MoveToOuterDisposeScope(),
            phase_BT2.MoveToOuterDisposeScope(),
            _classes.forward(summary_BF).MoveToOuterDisposeScope());
    }

    // The soft maximum less the soft minimum of each curve over a clip's frames; 0 for a curve that stays where it is.
    private static Tensor Amplitudes(Tensor curves_BTR, Tensor valid_BT, Tensor hidden_BT)
    {
        using var scope = NewDisposeScope();
        var sharp_BTR = curves_BTR.Times(Sharpness);
        var hidden_BT1 = hidden_BT.unsqueeze(-1);
        var count_B1 = valid_BT.sum([1], keepdim: true).log();
        var largest_BR = sharp_BTR.Plus(hidden_BT1).logsumexp(1).Plus(count_B1.neg());
        var smallest_BR = sharp_BTR.neg().Plus(hidden_BT1).logsumexp(1).Plus(count_B1.neg());
        return largest_BR.Plus(smallest_BR).DividedBy(Sharpness).MoveToOuterDisposeScope();
    }

    // Sines and cosines of F / 2 periods in geometric steps.
    private Tensor EncodeTimes(Tensor timesMs_BT)
    {
        using var scope = NewDisposeScope();
        int periods = Options.Width / 2;
        double ratio = Options.LongestPeriodMs / Options.ShortestPeriodMs;
        float[] frequencies = [.. Enumerable.Range(0, periods).Select(i => (float)(2 * Math.PI / (Options.ShortestPeriodMs * Math.Pow(ratio, (double)i / Math.Max(1, periods - 1)))))];
        var nominal_T = arange(timesMs_BT.shape[1], float32, timesMs_BT.device).Times(Options.NominalIntervalMs);
        var known_BT = Options.UseFrameTimes ? where(timesMs_BT.isnan(), nominal_T.expand(timesMs_BT.shape), timesMs_BT) : nominal_T.expand(timesMs_BT.shape);
        var angles_BTP = known_BT.unsqueeze(-1).mul(tensor(frequencies, device: timesMs_BT.device));
        return cat([angles_BTP.sin(), angles_BTP.cos()], -1).MoveToOuterDisposeScope();
    }

    private void Initialize(RandomStream random)
    {
        _poolQuery?.Initialize(random);
        _frameProjection.Initialize(random);
        if (_motion is not null)
        {
            // Wide enough for the curves of an untrained head to move: frames of one clip differ little.
            _motion.Initialize(random);
            WeightInitialization.Normal(_motion.parameters().First(), random, 0, 0.3);
        }

        _timeProjection.Initialize(random);
        WeightInitialization.TruncatedNormal(_summaryToken, random);
        foreach (var block in _blocks)
        {
            block.Initialize(random);
        }

        _ejectionFraction.Initialize(random);
        _phase.Initialize(random);
        _classes.Initialize(random);
    }
}
