using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Evaluation;

public sealed class EncoderProbeTests
{
    private static readonly EncoderProbeOptions Options = new() { BootstrapDraws = 200, Seed = 3 };

    [Test]
    public void Judge_Clusters_AgreesWithTheProbesAlone()
    {
        var (train, validation, test) = (Tables.Clusters(1, 120, 8, 2), Tables.Clusters(2, 60, 8, 2), Tables.Clusters(3, 60, 8, 2));
        var scores = EncoderProbe.Judge(Features(train), Features(validation), Features(test), Options);
        double knn = Score(new KnnProbe(train).Predict(test), test).Accuracy;
        var linear = LinearProbe.FitSelecting(train, validation, Options.Linear with { RefitOnValidation = false });
        var expected = Score(linear.Predict(test), test);
        Assert.Multiple(() =>
        {
            Assert.That(scores.Knn.Accuracy.Estimate, Is.EqualTo(knn));
            Assert.That(scores.Linear.Accuracy.Estimate, Is.EqualTo(expected.Accuracy));
            Assert.That(scores.Linear.BalancedAccuracy.Estimate, Is.EqualTo(expected.BalancedAccuracy).Within(1e-12));
            Assert.That(scores.Linear.L2, Is.EqualTo(linear.L2));
            Assert.That(scores.Linear.Accuracy.Low, Is.LessThan(scores.Linear.Accuracy.High));
            Assert.That((scores.ClsMeanLinear, scores.Patches), Is.EqualTo(((ProbeScore?)null, (PatchScore?)null)));
        });
    }

    [Test]
    public void Judge_ValidationThatPrefersAnotherPenalty_ChangesTheChoiceAndTestNeverDoes()
    {
        var (train, test) = (Tables.Clusters(1, 60, 40, 1.2), Tables.Clusters(3, 60, 40, 1.2));
        var chosen = Enumerable.Range(2, 12).Select(seed => EncoderProbe.Judge(Features(train), Features(Tables.Clusters((ulong)seed, 20, 40, 1.2)), Features(test), Options).Linear.L2).Distinct();
        Assert.That(chosen.Count(), Is.GreaterThan(1), "validation decides");
        var validation = Features(Tables.Clusters(2, 20, 40, 1.2));
        var chosenOnOther = EncoderProbe.Judge(Features(train), validation, Features(Tables.Clusters(9, 60, 40, 1.2)), Options).Linear.L2;
        Assert.That(chosenOnOther, Is.EqualTo(EncoderProbe.Judge(Features(train), validation, Features(test), Options).Linear.L2), "the test set does not");
    }

    [Test]
    public void Judge_WithoutValidation_HoldsBackTrainingClipsAndRepeats()
    {
        var (train, test) = (Tables.Clusters(1, 120, 8, 2), Tables.Clusters(3, 60, 8, 2));
        var scores = EncoderProbe.Judge(Features(train), null, Features(test), Options);
        Assert.That(scores.Linear.Accuracy.Estimate, Is.GreaterThan(0.6));
        Assert.That(EncoderProbe.Judge(Features(train), null, Features(test), Options), Is.EqualTo(scores));
    }

    [Test]
    public void Judge_OneClipALabel_SaysThatNoneCanBeHeldBack()
    {
        var train = Tables.Clusters(1, 6, 8, 2);
        Assert.That(() => EncoderProbe.Judge(Features(train), null, Features(train), Options), Throws.TypeOf<DataException>().With.Message.Contains("validation list"));
    }

    [Test]
    public void Judge_Neighbours_HaveAnEffect()
    {
        var (train, test) = (Tables.Clusters(1, 120, 8, 1), Tables.Clusters(3, 60, 8, 1));
        double One(int neighbours) => EncoderProbe.Judge(Features(train), Features(test), Features(test), Options with { Knn = new KnnOptions { Neighbours = neighbours } }).Knn.Accuracy.Estimate;
        Assert.That(One(1), Is.Not.EqualTo(One(40)));
    }

    private static EncoderFeatures Features(FeatureTable table) => new("x", table, null, null);

    private static ClassificationScore Score(ProbePrediction prediction, FeatureTable truth) => new(prediction.Labels, truth.Labels, truth.LabelNames);
}
