using EchoApex.Core.Evaluation;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Evaluation;

public sealed class KnnProbeTests
{
    [TestCase(1)]
    [TestCase(7)]
    [TestCase(20)]
    [TestCase(1000)]
    public void Predict_RandomFeatures_EqualsNaiveComputation(int neighbours)
    {
        var gallery = Tables.Clusters(1, 91, 13, 1.5);
        var queries = Tables.Clusters(2, 40, 13, 1.5);
        var prediction = new KnnProbe(gallery, new KnnOptions { Neighbours = neighbours }).Predict(queries);
        for (int i = 0; i < queries.Count; i++)
        {
            double[] expected = Naive(gallery, queries.Row(i).ToArray(), neighbours, 0.07);
            Assert.That(prediction.Probabilities(i).ToArray(), Is.EqualTo(expected).Within(1e-4), $"query {i}");
        }
    }

    [Test]
    public void Predict_DefaultOptions_UseTwentyNeighboursAndTemperatureSevenHundredths()
    {
        var gallery = Tables.Clusters(1, 91, 13, 1.5);
        var queries = Tables.Clusters(2, 1, 13, 1.5);
        Assert.That(new KnnProbe(gallery).Predict(queries).Probabilities(0).ToArray(), Is.EqualTo(Naive(gallery, queries.Row(0).ToArray(), 20, 0.07)).Within(1e-4));
    }

    [Test]
    public void Predict_ScaledQuery_GivesTheSameVotes()
    {
        var gallery = Tables.Clusters(1, 50, 8, 2);
        var query = Tables.Clusters(2, 1, 8, 2);
        var scaled = new FeatureTable([.. query.Values.ToArray().Select(value => value * 1000)], 8, [0], Tables.Names);
        var probe = new KnnProbe(gallery);
        Assert.That(probe.Predict(scaled).Probabilities(0).ToArray(), Is.EqualTo(probe.Predict(query).Probabilities(0).ToArray()).Within(1e-4));
    }

    [Test]
    public void Predict_EqualNeighbours_TakesLowerGalleryRows()
    {
        // Four equal gallery rows, two may vote: rows 0 and 1, both of label 2.
        var gallery = new FeatureTable([1, 0, 1, 0, 1, 0, 1, 0], 2, [2, 2, 0, 0], Tables.Names);
        var prediction = new KnnProbe(gallery, new KnnOptions { Neighbours = 2 }).Predict(new FeatureTable([5, 1], 2, [0], Tables.Names));
        Assert.That(prediction.Labels, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void Predict_EqualVotes_TakesLowerLabel()
    {
        var gallery = new FeatureTable([1, 0, 1, 0], 2, [2, 1], Tables.Names);
        var prediction = new KnnProbe(gallery).Predict(new FeatureTable([1, 0], 2, [0], Tables.Names));
        Assert.That(prediction.Labels, Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Predict_TinyTemperature_DoesNotOverflow()
    {
        var gallery = Tables.Clusters(1, 50, 8, 2);
        var prediction = new KnnProbe(gallery, new KnnOptions { Temperature = 1e-4 }).Predict(Tables.Clusters(2, 10, 8, 2));
        Assert.That(prediction.Probabilities(3).ToArray(), Is.All.InRange(0.0, 1.0));
    }

    [Test]
    public void Predict_OtherDimension_IsRefused() =>
        Assert.That(() => new KnnProbe(Tables.Clusters(1, 10, 8, 1)).Predict(Tables.Clusters(1, 10, 9, 1)), Throws.ArgumentException);

    private static double[] Naive(FeatureTable gallery, float[] query, int neighbours, double temperature)
    {
        static double Length(float[] v) => Math.Sqrt(v.Sum(x => (double)x * x));
        var nearest = Enumerable.Range(0, gallery.Count)
            .Select(row => (gallery.Labels[row], Similarity: gallery.Row(row).ToArray().Zip(query, (a, b) => (double)a * b).Sum() / Length(gallery.Row(row).ToArray()) / Length(query)))
            .OrderByDescending(pair => pair.Similarity)
            .Take(neighbours);
        double[] votes = new double[gallery.LabelNames.Count];
        foreach (var (label, similarity) in nearest)
        {
            votes[label] += Math.Exp(similarity / temperature);
        }

        return [.. votes.Select(vote => vote / votes.Sum())];
    }
}
