using System.Globalization;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Segmentation;

namespace EchoApex.Heads.Studies;

/// <summary>Reads an apical clip: masks of its frames, the ventricle's volume over time, its beats.</summary>
internal sealed class ApicalReader(IStudyModels models, StudyOptions options)
{
    public const string Ventricle = "left_ventricle";
    public const string Atrium = "left_atrium";

    private const byte Inside = 1;
    private const double AssumedFrameMs = 1000.0 / 30;

    /// <summary>Reads a clip; null where no model of masks knows the left ventricle.</summary>
    public ApicalReading? Read(ExaminedClip examined, string view, CancellationToken cancellationToken)
    {
        var clip = examined.Clip!;
        if (!models.Structures.Contains(Ventricle))
        {
            return null;
        }

        var frames = FrameSelection.Spread(clip.FrameCount, Math.Min(clip.FrameCount, options.SegmentedFrames));
        var sector = SectorFinder.TryFind(clip);
        var read = models.Segment(clip, frames, frame => Reduce(frame, clip, sector), cancellationToken);
        double[] times = [.. frames.Select(frame => clip.FrameTimesMs is { } known ? known[frame] : frame * AssumedFrameMs)];
        double[] signal = [.. read.Select(frame => Value(frame, clip))];
        return Judge(examined, view, read, times, signal);
    }

    private ApicalReading Judge(ExaminedClip examined, string view, IReadOnlyList<ApicalFrame> frames, double[] times, double[] signal)
    {
        var beats = frames.Count > 1 && BeatDetector.InOrder(times) ? new BeatDetector(BeatOptions.ForHeartRate(examined.Facts.HeartRateBpm)).Detect(signal, times).Where(beat => beat.IsMeasurable).ToArray() : [];
        var usable = beats.Where(beat => IsTrusted(frames[beat.EndDiastole!.Value]) && IsTrusted(frames[beat.EndSystole!.Value])).ToArray();
        string? abstention = frames.Count < 2 ? "a still image has no end systole"
            : signal.Count(double.IsFinite) < 2 ? "the left ventricle was not found in it"
            : beats.Length == 0 ? "no heart beat was found in the ventricle's size over time"
            : usable.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"the masks of its beats are not trusted (expected overlap up to {beats.Max(beat => Math.Min(frames[beat.EndDiastole!.Value].Quality, frames[beat.EndSystole!.Value].Quality)):0.00}, at least {options.MinimumMaskQuality:0.00} is asked)")
            : null;
        return new ApicalReading
        {
            Clip = examined,
            View = view,
            Frames = frames,
            Beats = usable,
            Signal = signal,
            TimesMs = times,
            Representative = Median(usable, beat => (signal[beat.EndDiastole!.Value] - signal[beat.EndSystole!.Value]) / signal[beat.EndDiastole!.Value]),
            Abstention = abstention,
        };
    }

    private bool IsTrusted(ApicalFrame frame) => frame.Quality >= options.MinimumMaskQuality && frame.AreaPixels > 0;

    private static int? Median(Beat[] beats, Func<Beat, double> value)
    {
        int[] order = [.. Enumerable.Range(0, beats.Length).OrderBy(i => value(beats[i])).ThenBy(i => i)];
        return order.Length == 0 ? null : order[(order.Length - 1) / 2];
    }

    private static double Value(ApicalFrame frame, EchoClip clip) =>
        clip.Spacing is null ? (frame.AreaPixels > 0 ? frame.AreaPixels : double.NaN)
        : frame.Trace is { } trace ? SimpsonVolume.SinglePlaneMl(trace)
        : double.NaN;

    private static ApicalFrame Reduce(SegmentedFrame frame, EchoClip clip, SectorCrop? sector)
    {
        var ventricle = frame.Structures[Ventricle];
        var contours = frame.Structures.ToDictionary(entry => entry.Key, entry => MaskContours.Largest(entry.Value));
        bool hasAtrium = frame.Structures.TryGetValue(Atrium, out var atrium);
        return new ApicalFrame
        {
            Frame = frame.Frame,
            Trace = Trace(ventricle, clip.Spacing),
            AreaPixels = MaskRegions.Largest(ventricle.Pixels.Span, ventricle.Width).Length,
            Quality = ventricle.IsEmpty ? 0 : ventricle.PredictedIou,
            ShareAtEdge = MaskContours.ShareAtEdge(contours[Ventricle], sector),
            AtriumPixels = hasAtrium ? MaskRegions.Largest(atrium!.Pixels.Span, atrium.Width).Length : 0,
            AtriumQuality = hasAtrium ? atrium!.PredictedIou : 0,
            Contours = contours.ToDictionary(entry => entry.Key, entry => entry.Value),
        };
    }

    private static LvTrace? Trace(SegmentedMask mask, PixelSpacing? spacing)
    {
        if (spacing is null || mask.IsEmpty)
        {
            return null;
        }

        try
        {
            return LvTrace.FromMask(new LabelMask(mask.Pixels, mask.Height, mask.Width), Inside, spacing);
        }
        catch (MeasurementRefusedException)
        {
            // Too small a mask in this frame: the curve has a gap here.
            return null;
        }
    }
}
