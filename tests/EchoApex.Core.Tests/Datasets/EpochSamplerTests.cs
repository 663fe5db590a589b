using EchoApex.Core.Datasets;

namespace EchoApex.Core.Tests.Datasets;

public sealed class EpochSamplerTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(17)]
    [TestCase(1000)]
    [TestCase(4096)]
    public void Next_OneEpoch_DrawsEverySampleOnce(int count)
    {
        var sampler = new EpochSampler(count, seed: 5);
        long[] drawn = [.. Enumerable.Range(0, count).Select(_ => sampler.Next().Sample)];
        Assert.That(drawn.Order(), Is.EqualTo(Enumerable.Range(0, count).Select(i => (long)i)));
    }

    [Test]
    public void Next_SecondEpoch_HasAnotherOrder()
    {
        var sampler = new EpochSampler(100, seed: 5);
        var first = Enumerable.Range(0, 100).Select(_ => sampler.Next()).ToArray();
        var second = Enumerable.Range(0, 100).Select(_ => sampler.Next()).ToArray();
        Assert.That(second.Select(d => d.Sample), Is.Not.EqualTo(first.Select(d => d.Sample)));
        Assert.That(second.Select(d => (d.Epoch, d.Index)), Is.EqualTo(Enumerable.Range(0, 100).Select(i => (1L, (long)i))));
    }

    [Test]
    public void Next_OtherSeed_HasAnotherOrder()
    {
        long[] Order(ulong seed) => [.. Enumerable.Range(0, 100).Select(i => new EpochSampler(100, seed).At(0, i))];
        Assert.That(Order(1), Is.Not.EqualTo(Order(2)));
        Assert.That(Order(1), Is.EqualTo(Order(1)));
    }

    [TestCase(0)]
    [TestCase(7)]
    [TestCase(10)]
    [TestCase(23)]
    public void Position_Restored_GoesOnExactly(int position)
    {
        var whole = new EpochSampler(10, seed: 3);
        var all = Enumerable.Range(0, 40).Select(_ => whole.Next()).ToArray();
        var resumed = new EpochSampler(10, seed: 3, position);
        Assert.That(Enumerable.Range(position, 40 - position).Select(_ => resumed.Next()), Is.EqualTo(all[position..]));
    }

    [Test]
    public void At_HundredMillionSamples_NeedsNoTable()
    {
        var sampler = new EpochSampler(100_000_000, seed: 1);
        long[] drawn = [.. Enumerable.Range(0, 10_000).Select(_ => sampler.Next().Sample)];
        Assert.That(drawn.Distinct().Count(), Is.EqualTo(10_000));
        Assert.That(drawn.Average(), Is.EqualTo(5e7).Within(2e6), "the first draws are spread over the whole set");
    }

    [Test]
    public void Order_NeighbouringPlaces_AreUnrelated()
    {
        var sampler = new EpochSampler(1000, seed: 9);
        double[] x = [.. Enumerable.Range(0, 1000).Select(_ => (double)sampler.Next().Sample)];
        double mean = x.Average();
        double variance = x.Sum(v => (v - mean) * (v - mean));
        double covariance = Enumerable.Range(0, 999).Sum(i => (x[i] - mean) * (x[i + 1] - mean));
        Assert.That(covariance / variance, Is.EqualTo(0).Within(0.1));
    }
}
