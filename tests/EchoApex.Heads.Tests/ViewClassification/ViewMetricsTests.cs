using EchoApex.Heads.ViewClassification;

namespace EchoApex.Heads.Tests.ViewClassification;

public sealed class ViewMetricsTests
{
    private static readonly string[] Labels = ["A", "B"];

    [Test]
    public void Evaluate_HandMadeAnswers_GivesFiguresOnPaper()
    {
        // A: 3 of 4 right; B: 1 of 2 right.
        var evaluation = ViewMetrics.Evaluate(
            [Judged("1", "A", .9), Judged("2", "A", .8), Judged("3", "A", .7), Judged("4", "A", .4), Judged("5", "B", .2), Judged("6", "B", .6)],
            Labels);
        Assert.Multiple(() =>
        {
            Assert.That(evaluation.Metric("balanced_accuracy").Value, Is.EqualTo((.75 + .5) / 2).Within(1e-12));
            Assert.That(evaluation.Metric("accuracy").Value, Is.EqualTo(4 / 6.0).Within(1e-12));
            Assert.That(evaluation.Metric("recall_A").Value, Is.EqualTo(.75).Within(1e-12));
            Assert.That(evaluation.Metric("recall_B").Cases, Is.EqualTo(2));
            Assert.That(evaluation.Metrics.Select(metric => metric.Name), Has.None.EqualTo("answered"));
        });
        var interval = evaluation.Metric("accuracy");
        Assert.That((interval.Low < interval.Value, interval.High > interval.Value), Is.EqualTo((true, true)));
    }

    [Test]
    public void Evaluate_WithAbstentions_ReportsWhatWasAnswered()
    {
        var evaluation = ViewMetrics.Evaluate([Judged("1", "A", .9, .8), Judged("2", "A", .45, .8), Judged("3", "B", .1, .8), Judged("4", "B", .3, .8)], Labels);
        Assert.That(evaluation.Metric("answered").Value, Is.EqualTo(.5).Within(1e-12));
        Assert.That(evaluation.Metric("accuracy_answered").Value, Is.EqualTo(1).Within(1e-12));
        Assert.That(evaluation.Metric("accuracy").Value, Is.EqualTo(.75).Within(1e-12));
        Assert.That(() => evaluation.Metric("nothing"), Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("accuracy_answered"));
    }

    [Test]
    public void Expected_OfConfidences_IsTheGapOfEachBin()
    {
        // Bin 0.9: mean confidence 0.95, accuracy 0.5. Bin 0.6: 0.6 and 1.
        double error = CalibrationError.Expected([.95, .95, .6, .6], [true, false, true, true], bins: 10);
        Assert.That(error, Is.EqualTo(((.45 * 2) + (.4 * 2)) / 4).Within(1e-12));
        Assert.That(CalibrationError.Expected([], []), Is.NaN);
        Assert.That(() => CalibrationError.Expected([1.5], [true]), Throws.ArgumentException);
    }

    [Test]
    public void Combine_ByMeanVoteAndConfidence_Differ()
    {
        double[][] frames = [[.6, .4], [.55, .45], [.02, .98]];
        var mean = ViewAggregator.Combine(frames, Labels, ClipAggregation.Mean);
        var vote = ViewAggregator.Combine(frames, Labels, ClipAggregation.Vote);
        var confident = ViewAggregator.Combine(frames, Labels, ClipAggregation.MostConfident, abstainBelow: .99);
        Assert.That((mean.Label, vote.Label, confident.Label, confident.Likeliest), Is.EqualTo(("B", "A", (string?)null, "B")));
        Assert.That(mean.Confidence, Is.EqualTo((.4 + .45 + .98) / 3).Within(1e-12));
        Assert.That(vote.Confidence, Is.EqualTo(2 / 3.0).Within(1e-12));
        Assert.That(() => ViewAggregator.Combine([], Labels, ClipAggregation.Mean), Throws.ArgumentException);
    }

    [Test]
    public void Combine_EqualVotes_AreToldApartByTheMean()
    {
        var vote = ViewAggregator.Combine([[.6, .4], [.1, .9]], Labels, ClipAggregation.Vote);
        Assert.That(vote.Likeliest, Is.EqualTo("B"));
    }

    [TestCase("apical 4-chamber", "A4C")]
    [TestCase("4CH", "A4C")]
    [TestCase("a_2_c", "A2C")]
    [TestCase("PSAX", "PSAX_PM")]
    [TestCase("Doppler", null)]
    public void CodeOf_NamesOfDataSets_MapsThem(string name, string? code) => Assert.That(EchoViews.CodeOf(name), Is.EqualTo(code));

    [Test]
    public void Transthoracic_HasEighteenViewsWithOwnCodes() => Assert.That(EchoViews.Codes.Distinct().Count(), Is.EqualTo(18));

    private static JudgedView Judged(string clip, string truth, double a, double abstainBelow = 0) =>
        new(clip, clip, truth, ViewAggregator.Combine([[a, 1 - a]], Labels, ClipAggregation.Mean, abstainBelow));
}
