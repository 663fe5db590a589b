using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.Tests.Evaluation;

public sealed class BootstrapIntervalTests
{
    [Test]
    public void OfAccuracy_IndependentSamples_MatchesTheBinomialInterval()
    {
        var (predicted, truth, groups) = Samples(400, 1);
        var interval = BootstrapInterval.OfAccuracy(predicted, truth, groups, new RandomStream(1));
        double error = Math.Sqrt(0.75 * 0.25 / 400);
        Assert.That(interval.Estimate, Is.EqualTo(0.75));
        Assert.That(interval.Low, Is.EqualTo(0.75 - (1.96 * error)).Within(0.15 * error * 2));
        Assert.That(interval.High, Is.EqualTo(0.75 + (1.96 * error)).Within(0.15 * error * 2));
    }

    [Test]
    public void OfAccuracy_FramesOfOneClipAgree_IsWiderByTheSquareRootOfTheClipLength()
    {
        var (predicted, truth, groups) = Samples(400, 16);
        string[] single = [.. Enumerable.Range(0, 400).Select(i => $"{i}")];
        var byClip = BootstrapInterval.OfAccuracy(predicted, truth, groups, new RandomStream(1));
        var byFrame = BootstrapInterval.OfAccuracy(predicted, truth, single, new RandomStream(1));
        Assert.That((byClip.High - byClip.Low) / (byFrame.High - byFrame.Low), Is.EqualTo(4).Within(0.8));
    }

    [Test]
    public void Compute_SameSeed_GivesTheSameInterval()
    {
        var (predicted, truth, groups) = Samples(100, 2);
        var first = BootstrapInterval.OfAccuracy(predicted, truth, groups, new RandomStream(5));
        Assert.That(BootstrapInterval.OfAccuracy(predicted, truth, groups, new RandomStream(5)), Is.EqualTo(first));
    }

    [Test]
    public void Compute_LevelNinety_IsNarrowerThanNinetyFive()
    {
        var (predicted, truth, groups) = Samples(100, 1);
        var wide = BootstrapInterval.OfAccuracy(predicted, truth, groups, new RandomStream(5));
        var narrow = BootstrapInterval.OfAccuracy(predicted, truth, groups, new RandomStream(5), level: 0.8);
        Assert.That(narrow.Low, Is.GreaterThan(wide.Low));
        Assert.That(narrow.High, Is.LessThan(wide.High));
    }

    // Three clips in four are right, all frames of a clip alike.
    private static (int[] Predicted, int[] Truth, string[] Groups) Samples(int count, int framesPerClip)
    {
        int[] predicted = [.. Enumerable.Range(0, count).Select(i => i / framesPerClip % 4 == 0 ? 1 : 0)];
        return (predicted, new int[count], [.. Enumerable.Range(0, count).Select(i => $"clip{i / framesPerClip}")]);
    }
}
