using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Evaluation;

public sealed class LinearProbeTests
{
    // A dozen points whose optimum was found independently, by Newton's method with a full Hessian (gradient 4e-17).
    private static readonly float[] Points = [0.5f, 1.2f, 1.1f, -0.3f, -0.7f, 0.4f, 2.0f, 1.5f, 1.7f, 0.2f, 0.3f, -1.1f, -1.5f, -0.6f, -0.2f, -1.9f, 0.9f, 2.2f, -1.1f, 1.3f, 2.4f, -0.8f, -0.4f, 0.1f];
    private static readonly int[] Labels = [0, 1, 2, 0, 1, 1, 2, 1, 0, 2, 1, 0];

    [Test]
    public void Fit_SmallProblem_FindsTheOptimum()
    {
        var probe = LinearProbe.Fit(new FeatureTable(Points, 2, Labels, Tables.Names), new LinearProbeOptions { L2 = 0.1, Tolerance = 1e-9 });
        Assert.That(probe.Weights(), Is.EqualTo(new[] { 0.262190753923, 0.753150214538, 0.774536736824, -0.973592057476, -1.036727490747, 0.220441842938 }).Within(1e-6));
        Assert.That(probe.Biases(), Is.EqualTo(new[] { 0.134254904023, 0.296831730195, -0.431086634218 }).Within(1e-6));
        Assert.That(probe.Loss, Is.EqualTo(0.5783037381151077).Within(1e-9));
        Assert.That(probe.GradientNorm, Is.LessThanOrEqualTo(1e-9));
    }

    [Test]
    public void Predict_SmallProblem_GivesTheOptimumsProbabilities()
    {
        var probe = LinearProbe.Fit(new FeatureTable(Points, 2, Labels, Tables.Names), new LinearProbeOptions { L2 = 0.1, Tolerance = 1e-9 });
        var prediction = probe.Predict(new FeatureTable([0.4f, 0.6f], 2, [0], Tables.Names));
        Assert.That(prediction.Probabilities(0).ToArray(), Is.EqualTo(new[] { 0.47553428, 0.29753633, 0.22692939 }).Within(1e-6));
    }

    [TestCase(1e-4)]
    [TestCase(1.0)]
    public void Fit_ManyFeatures_ConvergesToTheTolerance(double l2)
    {
        var probe = LinearProbe.Fit(Tables.Clusters(1, 300, 96, 2), new LinearProbeOptions { L2 = l2 });
        Assert.That(probe.GradientNorm, Is.LessThanOrEqualTo(1e-6));
    }

    [Test]
    public void Fit_NoSamplesOfAClassAndConstantFeature_StillConverges()
    {
        float[] values = [.. Points.Chunk(2).SelectMany(point => new[] { point[0], 7f, point[1] })];
        var probe = LinearProbe.Fit(new FeatureTable(values, 3, [.. Labels.Select(label => label % 2)], Tables.Names));
        Assert.That(probe.GradientNorm, Is.LessThanOrEqualTo(1e-6));
        Assert.That(probe.Weights(), Is.All.Matches<double>(double.IsFinite));
        Assert.That(probe.Predict(new FeatureTable([1, 7, -1], 3, [0], Tables.Names)).Labels[0], Is.EqualTo(1));
    }

    [Test]
    public void Fit_ScaledAndShiftedFeatures_GivesTheSamePredictions()
    {
        var table = Tables.Clusters(1, 60, 5, 2);
        var moved = new FeatureTable([.. table.Values.ToArray().Select(value => (value * 64) + 128)], 5, [.. table.Labels], Tables.Names);
        double[] expected = LinearProbe.Fit(table).Predict(table).Probabilities(7).ToArray();
        Assert.That(LinearProbe.Fit(moved).Predict(moved).Probabilities(7).ToArray(), Is.EqualTo(expected).Within(1e-4));
    }

    [Test]
    public void Fit_Twice_GivesTheSameBits()
    {
        var table = Tables.Clusters(1, 200, 17, 1);
        Assert.That(LinearProbe.Fit(table).Weights(), Is.EqualTo(LinearProbe.Fit(table).Weights()));
    }

    [Test]
    public void FitSelecting_PureNoise_ChoosesByValidationAccuracy()
    {
        var training = Tables.Clusters(1, 60, 40, 1.2);
        var validation = Tables.Clusters(2, 60, 40, 1.2);
        var options = new LinearProbeOptions { L2Candidates = [1e-4, 1e-1, 1, 1000] };
        var chosen = LinearProbe.FitSelecting(training, validation, options);
        double Accuracy(double l2) => new ClassificationScore(LinearProbe.Fit(training, options with { L2 = l2 }).Predict(validation).Labels, validation.Labels, Tables.Names).Accuracy;
        double best = options.L2Candidates.Max(Accuracy);
        Assert.That(chosen.L2, Is.EqualTo(options.L2Candidates.Where(l2 => Accuracy(l2) == best).Max()));
        double[] refitted = LinearProbe.Fit(training.Append(validation), options with { L2 = chosen.L2 }).Weights();
        Assert.That(chosen.Weights(), Is.EqualTo(refitted));
    }

    [Test]
    public void FitSelecting_SeparableClusters_ScoresWellOnUnseenSamples()
    {
        var (training, validation) = Tables.Clusters(1, 240, 16, 4).SplitByGroup(0.25, new RandomStream(1));
        var test = Tables.Clusters(9, 120, 16, 4);
        var score = new ClassificationScore(LinearProbe.FitSelecting(training, validation).Predict(test).Labels, test.Labels, Tables.Names);
        Assert.That(score.Accuracy, Is.GreaterThan(0.95));
    }
}
