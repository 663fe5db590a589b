using EchoApex.Core.Runtime;
using EchoApex.Heads.EjectionFraction;

namespace EchoApex.Heads.Tests.EjectionFraction;

public sealed class FrameWindowsTests
{
    private static readonly double[] Times = [.. Enumerable.Range(0, 200).Select(i => i * 20.0)];
    private static readonly FrameWindowOptions Options = new() { Frames = 8, Beats = 2, DurationMs = 700, FrameStep = 3, TestWindows = 4 };

    [Test]
    public void Span_HeartRateKnown_CoversTheBeats() =>
        Assert.That(new FrameWindows(Options).Span(200, Times, 75), Is.EqualTo((1600 / 20) + 1));

    [Test]
    public void Span_TimesKnown_CoversTheDuration() =>
        Assert.That(new FrameWindows(Options).Span(200, Times, null), Is.EqualTo((700 / 20) + 1));

    [Test]
    public void Span_NothingKnown_UsesTheStep() =>
        Assert.That(new FrameWindows(Options).Span(200, null, 75), Is.EqualTo(22));

    [Test]
    public void Sample_AnyDraw_HasAscendingFramesInsideTheClip()
    {
        var windows = new FrameWindows(Options);
        var random = new RandomStream(4);
        var starts = new HashSet<int>();
        for (int draw = 0; draw < 200; draw++)
        {
            int[] frames = windows.Sample(60, Times[..60], null, random);
            Assert.That(frames, Has.Length.EqualTo(8).And.Ordered.And.Unique.And.All.InRange(0, 59));
            Assert.That(frames[^1] - frames[0], Is.EqualTo(35));
            starts.Add(frames[0]);
        }

        Assert.That(starts.Min(), Is.Zero);
        Assert.That(starts.Max(), Is.EqualTo(24));
    }

    [Test]
    public void Cover_LongClip_ReachesBothEnds()
    {
        var windows = new FrameWindows(Options).Cover(200, Times, null);
        Assert.That(windows, Has.Count.EqualTo(4));
        Assert.That((windows[0][0], windows[^1][^1]), Is.EqualTo((0, 199)));
    }

    [Test]
    public void Cover_ShortClip_TakesEachFrameOnce() =>
        Assert.That(new FrameWindows(Options).Cover(5, Times[..5], 75), Is.EqualTo(new[] { new[] { 0, 1, 2, 3, 4 } }));

    [Test]
    public void Cover_OneFrame_IsThatFrame() =>
        Assert.That(new FrameWindows(Options).Cover(1, [0], null), Is.EqualTo(new[] { new[] { 0 } }));
}
