using EchoApex.Core.Evaluation;

namespace EchoApex.Core.Tests.Evaluation;

public sealed class ClassificationScoreTests
{
    private static readonly string[] FourNames = ["a", "b", "c", "absent"];

    [Test]
    public void Constructor_KnownLabels_CountsByHand()
    {
        var score = new ClassificationScore([0, 0, 1, 1, 1, 2, 0, 2], [0, 0, 0, 1, 1, 1, 2, 2], FourNames);
        Assert.That(score.Accuracy, Is.EqualTo(5 / 8.0));
        Assert.That(score.Recall, Is.EqualTo(new[] { 2 / 3.0, 2 / 3.0, 0.5, double.NaN }));
        Assert.That(score.BalancedAccuracy, Is.EqualTo((2 / 3.0 + 2 / 3.0 + 0.5) / 3).Within(1e-12));
        Assert.That(score.Confusion(), Is.EqualTo(new[,] { { 2, 1, 0, 0 }, { 0, 2, 1, 0 }, { 1, 0, 1, 0 }, { 0, 0, 0, 0 } }));
    }

    [Test]
    public void Constructor_LabelOutOfRange_NamesTheSample() =>
        Assert.That(() => new ClassificationScore([0, 4], [0, 0], FourNames), Throws.ArgumentException.With.Message.Contains("Sample 1"));

    [Test]
    public void Constructor_NothingToScore_IsRefused() =>
        Assert.That(() => new ClassificationScore([], [], FourNames), Throws.ArgumentException);

    [Test]
    public void ByGroup_MeanAndVote_DifferWhereOneRowIsSure()
    {
        var prediction = new ProbePrediction([0.9, 0.1, 0.4, 0.6, 0.45, 0.55, 0.2, 0.8], 2);
        string[] groups = ["x", "x", "x", "y"];
        Assert.That(prediction.Labels, Is.EqualTo(new[] { 0, 1, 1, 1 }));
        Assert.That(prediction.ByGroup(groups).Labels, Is.EqualTo(new[] { 0, 1 }), "mean of the probabilities");
        Assert.That(prediction.ByGroup(groups, vote: true).Labels, Is.EqualTo(new[] { 1, 1 }), "one vote a row");
        Assert.That(prediction.ByGroup(groups).Probabilities(0)[0], Is.EqualTo(1.75 / 3).Within(1e-12));
    }
}
