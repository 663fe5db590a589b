// Shape legend: B = clips, T = frames of a window, S = side of the square input.
using System.Globalization;
using EchoApex.Core.Charts;
using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Heads.EjectionFraction;

/// <summary>What teaching and judging of the ejection fraction share whatever network says it: samples, their windows, and the figures.</summary>
internal sealed class EjectionFractionProtocol
{
    private readonly AnnotatedClipSet _set;
    private readonly ClipPreparation _preparation;
    private readonly EjectionFractionOptions _options;
    private readonly FrameWindows _windows;
    private readonly AnnotatedClip[] _training;
    private readonly ulong _seed;

    /// <summary>Chooses the samples.</summary>
    /// <param name="set">The clips; those of the training split with an ejection fraction are trained on.</param>
    /// <param name="preparation">Opens them as the network's input.</param>
    /// <param name="options">Windows, augmentation, views and bootstrap; head and loss are not asked.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ConfigurationException">An option is out of range, or no clip of the data has an ejection fraction.</exception>
    public EjectionFractionProtocol(AnnotatedClipSet set, ClipPreparation preparation, EjectionFractionOptions options, ulong seed)
    {
        OptionsValidator.Validate(options, "ef");
        (_set, _preparation, _options, _seed) = (set, preparation, options, seed);
        if (!Enum.GetValues<DataSplit>().SelectMany(Clips).Any())
        {
            throw new ConfigurationException("ef", [$"no clip of the data has an ejection fraction{(options.Views.Count > 0 ? $" and one of the views {string.Join(", ", options.Views)}. Leave views empty to take all" : "")}."]);
        }

        _windows = new FrameWindows(options.Windows);
        _training = [.. Clips(DataSplit.Train)];
        TrainingSamples = [.. _training.Select(clip => new TaskSample(clip.Patient, Class(clip.EjectionFraction!.Value), clip.Set))];
    }

    public IReadOnlyList<TaskSample> TrainingSamples { get; }

    /// <summary>
    /// Mean and standard deviation (at least 1) of the training labels in percent; null without training clips: the network is
    /// then about to be loaded, and these two with it.
    /// </summary>
    public (double Mean, double Std)? TargetStatistics()
    {
        if (_training.Length == 0)
        {
            return null;
        }

        double mean = _training.Average(clip => clip.EjectionFraction!.Value);
        double variance = _training.Average(clip => Math.Pow(clip.EjectionFraction!.Value - mean, 2));
        return (mean, Math.Max(1, Math.Sqrt(variance)));
    }

    public EjectionFractionBatch CreateBatch(int size) => new(size, _options.Windows.Frames, _preparation.Side);

    public void Fill(EjectionFractionBatch target, int slot, int sample, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var clip = _training[sample];
        var opened = _preparation.Open(clip);
        int[] window = _windows.Sample(opened.FrameCount, opened.FrameTimesMs, opened.HeartRateBpm, random);
        var transform = FrameTransform.Draw(_options.Augmentation, _preparation.Side, random);
        for (int i = 0; i < target.Frames; i++)
        {
            int place = (slot * target.Frames) + i;
            bool exists = i < window.Length;
            target.TimesMs[place] = !exists ? 0 : opened.FrameTimesMs is { } times ? (float)(times[window[i]] - times[window[0]]) : float.NaN;
            if (exists)
            {
                transform.Apply(_preparation.Frame(clip, window[i]), random, target.Pictures.Pixels(place), target.Pictures.Inside(place), []);
            }
            else
            {
                target.Pictures.Pixels(place).Clear();
                target.Pictures.Inside(place).Clear();
            }
        }

        target.Counts[slot] = window.Length;
        target.Percent[slot] = (float)clip.EjectionFraction!.Value;
        target.PhaseFrames[2 * slot] = Place(window, clip.EndDiastolicFrame);
        target.PhaseFrames[(2 * slot) + 1] = Place(window, clip.EndSystolicFrame);
    }

    /// <summary>Judges one split.</summary>
    /// <param name="split">Which clips.</param>
    /// <param name="judge">What is said of a clip, beside the truth.</param>
    /// <param name="cancellationToken">Stops between clips.</param>
    public TaskEvaluation Evaluate(DataSplit split, Func<AnnotatedClip, PreparedClip, EjectionFractionCase> judge, CancellationToken cancellationToken)
    {
        var cases = new List<EjectionFractionCase>();
        var skipped = new List<SkippedClip>();
        foreach (var clip in Clips(split))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                cases.Add(judge(clip, _preparation.Open(clip)));
            }
            catch (DataException error)
            {
                skipped.Add(new SkippedClip(error.File, error.Reason));
            }
        }

        var metrics = EjectionFractionMetrics.Compute(cases, _seed, _options.BootstrapDraws);
        return new TaskEvaluation
        {
            Metrics = metrics,
            Selection = -metrics[0].Value,
            CaseColumns = ["clip", "patient", "truth_percent", "predicted_percent", "half_width_95_percent", "below_50", "below_40", "ed_error_frames", "es_error_frames"],
            Cases = [.. cases.Select(Row)],
            Charts = new Dictionary<string, IChart> { ["bland_altman"] = EjectionFractionMetrics.Chart(cases) },
            Skipped = skipped,
        };
    }

    private static int Class(double percent) => EjectionFractionLoss.Thresholds.Count(threshold => percent < threshold);

    private IEnumerable<AnnotatedClip> Clips(DataSplit split) => _set.Of(split).Where(clip =>
        clip.EjectionFraction is not null && (_options.Views.Count == 0 || (clip.View is { } view && _options.Views.Contains(view))));

    // The place of the window's frame that is nearest to a labelled one, as long as none between two of them is nearer.
    private static long Place(int[] window, int? frame)
    {
        if (frame is not { } label || window.Length == 0)
        {
            return -1;
        }

        int nearest = Enumerable.Range(0, window.Length).MinBy(i => Math.Abs(window[i] - label));
        double step = window.Length > 1 ? (double)(window[^1] - window[0]) / (window.Length - 1) : 1;
        return Math.Abs(window[nearest] - label) <= step / 2 ? nearest : -1;
    }

    private static string[] Row(EjectionFractionCase item) =>
    [
        item.Name, item.Patient, Number(item.Truth), Number(item.Predicted), Number(item.HalfWidth95), Number(item.Below50), Number(item.Below40),
        Number(item.EndDiastoleErrorFrames), Number(item.EndSystoleErrorFrames),
    ];

    private static string Number(double? value) => value is { } known ? known.ToString("0.###", CultureInfo.InvariantCulture) : "";
}
