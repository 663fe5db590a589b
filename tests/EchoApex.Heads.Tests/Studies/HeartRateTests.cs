using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Heads.Studies;

namespace EchoApex.Heads.Tests.Studies;

/// <summary>What a study makes of a heart rate that the file says, and of clips that do not agree about theirs.</summary>
public sealed class HeartRateTests
{
    private const double BeatsShown = 2.9;

    // A slow heart: swings between its beats lie further apart than the shortest beat of any heart.
    private static readonly Lazy<IReadOnlyList<PhantomClip>> Study = new(() =>
        PhantomStudyWriter.Generate(new PhantomStudyOptions { Seed = 3, Index = 8, Clip = new PhantomOptions { ImageSize = 144, Frames = 56, Beats = BeatsShown } }));

    private static double FramesOfBeat => 56 / BeatsShown;

    [Test]
    public void Run_WhereMasksShrinkBetweenBeats_BelievesTheRateOfTheFile()
    {
        var models = new TruthModels(Study.Value) { ShownFrame = ShrinkLate };
        double truth = Study.Value[0].Truth.HeartRateBpm;
        Assert.Multiple(() =>
        {
            Assert.That(Rate(models, Study.Value.Select(phantom => phantom.Clip)), Is.EqualTo(truth).Within(5), "the file says the rate");
            Assert.That(Rate(models, Study.Value.Select(phantom => WithoutRate(phantom.Clip))), Is.GreaterThan(1.3 * truth), "without it the swings pass for beats");
        });
    }

    [Test]
    public void Measure_WhereLengthsShrinkBetweenBeats_BelievesTheRateOfTheFile()
    {
        var plax = Study.Value[2];
        var models = new TruthModels(Study.Value) { ShownFrame = ShrinkLate };
        bool IsSystole(int frame) => Math.Abs(((0.55 + (frame / FramesOfBeat)) % 1) - 0.3) < 0.1;
        var told = models.Measure(plax.Clip, default)!;
        var untold = models.Measure(WithoutRate(plax.Clip), default)!;
        Assert.Multiple(() =>
        {
            Assert.That(told.IsBeat, Is.True);
            Assert.That(IsSystole(told.EndSystolicFrame), Is.True, $"frame {told.EndSystolicFrame}");
            Assert.That(IsSystole(untold.EndSystolicFrame), Is.False, $"frame {untold.EndSystolicFrame}: the clip begins with a swing that is none");
        });
    }

    [Test]
    public void Run_WhereOneClipMissesAnEndDiastole_TakesTheMiddleOfBoth()
    {
        // The four-chamber view sees the heart beat half as often: one beat of double length beside two right ones.
        var models = new TruthModels(Study.Value) { ShownFrame = (phantom, frame) => phantom == Study.Value[0] ? frame / 2 : frame };
        double truth = Study.Value[0].Truth.HeartRateBpm;
        var clips = Study.Value.Select(phantom => WithoutRate(phantom.Clip)).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(Rate(models, clips), Is.EqualTo(truth).Within(5));
            Assert.That(Rate(models, [clips[0]]), Is.LessThan(0.7 * truth), "the four-chamber view by itself");
        });
    }

    private static double Rate(TruthModels models, IEnumerable<EchoClip> clips) =>
        new StudyPipeline(models, new StudyOptions { SegmentedFrames = 56 }).Run([.. clips], "phantom").Find(MeasureNames.HeartRate)!.Value ?? double.NaN;

    // Shows the frames of the phantom in an order that makes its volume contract at 30 % of a beat, and two thirds of the way once
    // more at 75 %; the clip begins between the two.
    private static int ShrinkLate(PhantomClip phantom, int frame)
    {
        var truth = phantom.Truth;
        double phase = (0.55 + (frame / FramesOfBeat)) % 1;
        double contracted = Bump(phase - 0.3) + (2 * Bump(phase - 0.75) / 3);
        double volume = truth.EndDiastolicVolumeMl - ((truth.EndDiastolicVolumeMl - truth.EndSystolicVolumeMl) * contracted);
        return Enumerable.Range(0, truth.VolumesMl.Count).MinBy(other => Math.Abs(truth.VolumesMl[other] - volume));
    }

    private static double Bump(double phase) => Math.Exp(-0.5 * Math.Pow(phase / 0.07, 2));

    private static EchoClip WithoutRate(EchoClip clip) => new(new Frames(clip), clip.Origin)
    {
        FrameTimesMs = clip.FrameTimesMs, Spacing = clip.Spacing, View = clip.View, Regions = clip.Regions,
    };

    private sealed class Frames(EchoClip clip) : IFrameStore
    {
        public int FrameCount => clip.FrameCount;

        public int Height => clip.Height;

        public int Width => clip.Width;

        public int Channels => clip.Channels;

        public void ReadFrame(int index, Span<byte> destination) => clip.ReadFrame(index, destination);
    }
}
