using EchoApex.Core.Runtime;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Tests.Measurement;

public sealed class BeatDetectorTests
{
    [TestCase(18)]
    [TestCase(50)]
    [TestCase(130)]
    public void Detect_NoisySignalAtAnyFrameRate_FindsEachBeat(double framesPerSecond)
    {
        var (signal, times) = Signal(framesPerSecond, 4, 800, startMs: -200, noise: 0.03);
        var beats = new BeatDetector().Detect(signal, times);
        var whole = beats.Where(beat => beat.IsComplete).ToList();
        Assert.That(whole, Has.Count.EqualTo(3), string.Join("; ", beats));
        for (int i = 0; i < whole.Count; i++)
        {
            // End diastole at 200 ms into the clip and each 800 ms later, end systole 300 ms after it.
            Assert.That(times[whole[i].EndDiastole!.Value], Is.EqualTo(200 + (800 * i)).Within(70));
            Assert.That(times[whole[i].EndSystole!.Value], Is.EqualTo(500 + (800 * i)).Within(70));
            Assert.That(times[whole[i].NextEndDiastole!.Value], Is.EqualTo(1000 + (800 * i)).Within(70));
        }
    }

    [Test]
    public void Detect_ClipFromDiastoleToSystole_IsOneMeasurableBeat()
    {
        var (signal, times) = Signal(50, 0.5, 800, startMs: 0, noise: 0);
        var beats = new BeatDetector().Detect(signal, times);
        Assert.That(beats, Has.Count.EqualTo(1));
        Assert.That((beats[0].EndDiastole, beats[0].IsMeasurable, beats[0].IsComplete), Is.EqualTo(((int?)0, true, false)));
        Assert.That(times[beats[0].EndSystole!.Value], Is.EqualTo(300).Within(21));
    }

    [Test]
    public void Detect_ClipThatStartsAmidSystole_DoesNotTakeItsFirstFrame()
    {
        var (signal, times) = Signal(50, 2, 800, startMs: 150, noise: 0);
        var beats = new BeatDetector().Detect(signal, times);
        Assert.That((beats[0].EndDiastole, beats[0].IsMeasurable), Is.EqualTo(((int?)null, false)));
        Assert.That(times[beats[0].EndSystole!.Value], Is.EqualTo(150).Within(21));
    }

    [Test]
    public void Detect_FramesWithoutValue_AreLeftOut()
    {
        var (signal, times) = Signal(50, 3, 800, startMs: -200, noise: 0);
        signal[5] = signal[20] = signal[21] = double.NaN;
        var whole = new BeatDetector().Detect(signal, times).Where(beat => beat.IsComplete).ToList();
        Assert.That(whole, Has.Count.EqualTo(2));
        Assert.That(times[whole[0].EndSystole!.Value], Is.EqualTo(500).Within(45));
    }

    [Test]
    public void Detect_LevelSignal_HasNoBeat() =>
        Assert.That(new BeatDetector().Detect([4, 4, 4, 4], [0, 20, 40, 60]), Is.Empty);

    [Test]
    public void Detect_TimesThatDescend_AreRefused()
    {
        Assert.That(() => new BeatDetector().Detect([1, 2], [5, 4]), Throws.ArgumentException);
        Assert.That(() => new BeatDetector().Detect([1, 2], [5, double.NaN]), Throws.ArgumentException);
    }

    [Test]
    public void Detect_FramesOfOneTime_CountOnce()
    {
        var (signal, times) = Signal(50, 3, 800, startMs: -200, noise: 0);
        var expected = new BeatDetector().Detect(signal, times);

        // A frame that a scanner wrote twice, the second time with another value.
        var beats = new BeatDetector().Detect([.. signal[..11], 99, .. signal[11..]], [.. times[..11], times[10], .. times[11..]]);
        int Place(int frame) => frame < 11 ? frame : frame + 1;
        Assert.That(beats.Select(beat => beat.EndSystole), Is.EqualTo(expected.Select(beat => beat.EndSystole is { } frame ? Place(frame) : (int?)null)));
        Assert.That(beats.Select(beat => beat.EndDiastole), Is.EqualTo(expected.Select(beat => beat.EndDiastole is { } frame ? Place(frame) : (int?)null)));
    }

    [Test]
    public void Detect_NotchInDiastole_NeedsProminenceOrDistance()
    {
        // A dip of a third of the range amid filling, 150 ms before each diastole.
        var (signal, times) = Signal(100, 3, 800, startMs: -200, noise: 0);
        for (int i = 0; i < signal.Length; i++)
        {
            signal[i] -= 2.2 * Math.Exp(-Math.Pow((((times[i] + 350) % 800) - 400) / 30, 2));
        }

        int Count(BeatOptions options) => new BeatDetector(options).Detect(signal, times).Count(beat => beat.IsComplete);
        Assert.That(Count(new BeatOptions()), Is.EqualTo(2));
        Assert.That(Count(new BeatOptions { ProminenceShare = 0.1, MinimumDistanceMs = 0, SmoothingMs = 0 }), Is.GreaterThan(3));
        Assert.That(Count(new BeatOptions { ProminenceShare = 0.1, SmoothingMs = 0, MinimumDistanceMs = 500 }), Is.EqualTo(2));
        Assert.That(Count(new BeatOptions { ProminenceShare = 0.1, MinimumDistanceMs = 0, SmoothingMs = 120 }), Is.LessThan(4));
    }

    [TestCase(null, false)]
    [TestCase(-1.0, false)]
    [TestCase(60.0, true)]
    public void ForHeartRate_OfTheFile_PassesOverFasterSwings(double? rate, bool knowsBetter)
    {
        // Each second a systole, and 450 ms after it masks that fail for a moment.
        double[] times = [.. Enumerable.Range(0, 200).Select(i => i * 20.0)];
        double[] signal = [.. times.Select(time => 1 - Math.Exp(-Math.Pow(((time % 1000) - 300) / 60, 2)) - (0.6 * Math.Exp(-Math.Pow(((time % 1000) - 750) / 60, 2))))];
        var whole = new BeatDetector(BeatOptions.ForHeartRate(rate)).Detect(signal, times).Where(beat => beat.IsComplete).ToList();
        Assert.That(whole.All(beat => Math.Abs((times[beat.EndSystole!.Value] % 1000) - 300) < 50), Is.EqualTo(knowsBetter));
        Assert.That(whole, Has.Count.GreaterThan(1));
    }

    // A beat of cosine shape: from 1 at 0 ms to 0 at 300 ms and back at the period.
    private static (double[] Signal, double[] Times) Signal(double framesPerSecond, double beats, double period, double startMs, double noise)
    {
        int count = (int)(beats * period * framesPerSecond / 1000);
        var random = new RandomStream(3);
        double[] times = [.. Enumerable.Range(0, count).Select(i => i * 1000 / framesPerSecond)];
        double[] signal = [.. times.Select(time =>
        {
            double phase = ((time + startMs) % period + period) % period;
            double angle = phase < 300 ? Math.PI * phase / 300 : Math.PI * (1 + ((phase - 300) / (period - 300)));
            return 45 + (7 * (0.5 + (0.5 * Math.Cos(angle)))) + random.Normal(0, 7 * noise);
        })];
        return (signal, times);
    }
}
