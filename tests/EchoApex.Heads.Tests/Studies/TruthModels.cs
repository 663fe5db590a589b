using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Tasks;
using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Interpretability;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Segmentation;
using EchoApex.Heads.Studies;
using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Tests.Studies;

/// <summary>Models that answer with the truth of phantoms, told apart by the numbers of frames, rows and the heart rate: what is left to test is the reading.</summary>
internal sealed class TruthModels(params IReadOnlyList<PhantomClip> phantoms) : IStudyModels
{
    private static readonly PhantomLabel[] Labels = [PhantomLabel.LeftVentricle, PhantomLabel.LeftVentricularMyocardium, PhantomLabel.LeftAtrium, PhantomLabel.RightVentricle, PhantomLabel.RightAtrium];

    /// <summary>What the view model says instead of the truth; null for the truth.</summary>
    public Func<EchoClip, (string View, double Confidence)>? Views { get; init; }

    /// <summary>What the ejection fraction model is wrong by.</summary>
    public double EjectionFractionError { get; init; }

    /// <summary>The overlap that masks are expected to have.</summary>
    public double MaskQuality { get; init; } = 0.9;

    /// <summary>The frame whose mask and points are given in place of a frame's own; null for its own.</summary>
    public Func<PhantomClip, int, int>? ShownFrame { get; init; }

    /// <summary>Called when masks are asked for.</summary>
    public Action<EchoClip>? OnSegment { get; init; }

    public IReadOnlyList<TaskModelInfo> Infos => [];

    public IReadOnlyList<string> Structures { get; init; } = [.. Labels.Select(PhantomTruthWriter.Name)];

    public (ViewPrediction View, FamiliarityScore? Familiarity)? View(EchoClip clip, CancellationToken cancellationToken)
    {
        var (view, confidence) = Views?.Invoke(clip) ?? (Find(clip).Truth.View.ToString(), 0.95);
        return (new ViewPrediction(view, confidence, false, [confidence]), null);
    }

    public EjectionFractionPrediction? EjectionFraction(EchoClip clip, CancellationToken cancellationToken) => new()
    {
        Percent = Find(clip).Truth.EjectionFractionPercent + EjectionFractionError,
        StandardDeviation = 3,
        HalfWidth95 = 6,
        Below50 = 0.5,
        Below40 = 0.2,
        Frames = [0],
        EndDiastole = [1],
        EndSystole = [0],
    };

    public LvFindings? Measure(EchoClip clip, CancellationToken cancellationToken)
    {
        var phantom = Find(clip);
        var truth = phantom.Truth;
        int[] frames = [.. Enumerable.Range(0, clip.FrameCount)];
        var points = frames.Select(frame => (IReadOnlyList<LandmarkPrediction>)[.. truth.Landmarks[Shown(phantom, frame)].Select(point => new LandmarkPrediction(point.Name, new ImagePoint(point.X, point.Y), 0.9))]).ToList();
        return LvFindings.Of(clip, frames, points, new FrameGeometry(0, 0, 1, 1, 0, 0), MeasurementHeadOptions.LeftVentricle);
    }

    public IReadOnlyList<T> Segment<T>(EchoClip clip, IReadOnlyList<int> frames, Func<SegmentedFrame, T> reduce, CancellationToken cancellationToken)
    {
        OnSegment?.Invoke(clip);
        var phantom = Find(clip);
        var truth = phantom.Truth;
        return [.. frames.Select(frame => reduce(new SegmentedFrame(frame, Labels.ToDictionary(PhantomTruthWriter.Name, label =>
        {
            byte[] mask = Array.ConvertAll(truth.Mask(Shown(phantom, frame)).ToArray(), value => value == (byte)label ? (byte)1 : (byte)0);
            return new SegmentedMask(mask, truth.Width, MaskQuality, clip.Spacing, [], 1);
        }))))];
    }

    public FrameExplanation? Explain(EchoClip clip, int frame, CancellationToken cancellationToken) => null;

    private int Shown(PhantomClip phantom, int frame) => ShownFrame?.Invoke(phantom, frame) ?? frame;

    // A clip that was written and read again is another object; times and spacing stay within rounding.
    private PhantomClip Find(EchoClip clip) => phantoms.First(phantom =>
        phantom.Clip.FrameCount == clip.FrameCount && phantom.Clip.Width == clip.Width && phantom.Clip.ReadFrame(0).AsSpan().SequenceEqual(clip.ReadFrame(0)));
}
