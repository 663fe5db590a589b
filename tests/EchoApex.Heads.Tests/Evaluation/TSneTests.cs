using EchoApex.Core.Evaluation;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Evaluation;

public sealed class TSneTests
{
    private static readonly TSneOptions Quick = new() { Iterations = 400 };

    [Test]
    public void Embed_SeparateClusters_KeepsNeighboursTogether()
    {
        var table = Tables.Clusters(1, 150, 20, 9);
        double[] map = TSne.Embed(table, new RandomStream(1), Quick);
        int agreeing = Enumerable.Range(0, table.Count).Count(i => table.Labels[NearestOnMap(map, i)] == table.Labels[i]);
        Assert.That(agreeing, Is.EqualTo(table.Count));
        Assert.That(map, Is.All.Matches<double>(double.IsFinite));
    }

    [Test]
    public void Embed_SameSeed_GivesTheSameMap()
    {
        var table = Tables.Clusters(1, 60, 8, 3);
        Assert.That(TSne.Embed(table, new RandomStream(4), Quick), Is.EqualTo(TSne.Embed(table, new RandomStream(4), Quick)));
    }

    [Test]
    public void Embed_EqualPoints_StaysFinite()
    {
        var table = new FeatureTable([.. Enumerable.Repeat(1f, 40)], 2, new int[20], Tables.Names);
        Assert.That(TSne.Embed(table, new RandomStream(1), Quick), Is.All.Matches<double>(double.IsFinite));
    }

    [Test]
    public void Embed_FourPoints_IsTheSmallestMap()
    {
        Assert.That(TSne.Embed(Tables.Clusters(1, 4, 3, 1), new RandomStream(1), Quick), Has.Length.EqualTo(8));
        Assert.That(() => TSne.Embed(Tables.Clusters(1, 3, 3, 1), new RandomStream(1), Quick), Throws.ArgumentException.With.Message.Contains("got 3"));
    }

    [TestCase(5.0)]
    [TestCase(30.0)]
    public void ConditionalAffinities_EveryRow_HasTheAskedPerplexity(double perplexity)
    {
        var random = new RandomStream(1);
        double[] points = [.. Enumerable.Range(0, 240).Select(_ => random.NextNormal() * 40)];
        double[] affinities = TSne.ConditionalAffinities(points, 2, perplexity);
        for (int i = 0; i < 120; i++)
        {
            double[] row = affinities[(i * 120)..((i + 1) * 120)];
            Assert.That(row[i], Is.Zero);
            Assert.That(row.Sum(), Is.EqualTo(1).Within(1e-9));
            Assert.That(Math.Exp(-row.Where(p => p > 0).Sum(p => p * Math.Log(p))), Is.EqualTo(perplexity).Within(1e-3));
        }
    }

    private static int NearestOnMap(double[] map, int point) =>
        Enumerable.Range(0, map.Length / 2).Where(j => j != point).MinBy(j => Math.Pow(map[2 * j] - map[2 * point], 2) + Math.Pow(map[(2 * j) + 1] - map[(2 * point) + 1], 2));
}
