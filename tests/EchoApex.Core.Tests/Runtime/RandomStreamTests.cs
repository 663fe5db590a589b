using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Runtime;

public sealed class RandomStreamTests
{
    // Computed by an independent implementation of SplitMix64 and xoshiro256** in Python.
    [Test]
    public void NextUInt64_Seed1_IsXoshiro256StarStar()
    {
        var stream = new RandomStream(1);
        ulong[] first = [stream.NextUInt64(), stream.NextUInt64(), stream.NextUInt64()];
        Assert.That(first, Is.EqualTo(new[] { 12966619160104079557UL, 9600361134598540522UL, 10590380919521690900UL }));
    }

    [Test]
    public void LoadState_AfterDraws_ContinuesTheSameNumbers()
    {
        var stream = new RandomStream(7);
        stream.NextNormal();
        byte[] state = stream.SaveState();
        double[] expected = [stream.NextNormal(), stream.NextDouble(), stream.NextInt32(1000)];
        var other = new RandomStream(99);
        other.LoadState(state);
        Assert.That(new[] { other.NextNormal(), other.NextDouble(), other.NextInt32(1000) }, Is.EqualTo(expected));
    }

    [Test]
    public void LoadState_WrongLengthOrZero_Throws()
    {
        var stream = new RandomStream(1);
        Assert.Throws<ArgumentException>(() => stream.LoadState(new byte[47]));
        Assert.Throws<ArgumentException>(() => stream.LoadState(new byte[RandomStream.StateLength]));
    }

    [Test]
    public void For_OtherComponentOrIndex_GivesOtherNumbers()
    {
        ulong[] draws =
        [
            RandomStream.For(1, "a").NextUInt64(), RandomStream.For(1, "b").NextUInt64(), RandomStream.For(2, "a").NextUInt64(),
            RandomStream.For(1, "a", 0).NextUInt64(), RandomStream.For(1, "a", 1).NextUInt64(), RandomStream.For(1, "a", 0, 1).NextUInt64(), RandomStream.For(1, "a", 1, 0).NextUInt64(),
        ];
        Assert.That(draws, Is.Unique);
        Assert.That(RandomStream.For(1, "a", 5).NextUInt64(), Is.EqualTo(RandomStream.For(1, "a", 5).NextUInt64()));
    }

    [Test]
    public void NextDouble_ManyDraws_IsUniform()
    {
        var stream = new RandomStream(3);
        int[] bins = new int[20];
        for (int i = 0; i < 200_000; i++)
        {
            bins[(int)(stream.NextDouble() * 20)]++;
        }

        // Chi-squared of 19 degrees of freedom: 43.8 is the 99.9 % point.
        Assert.That(bins.Sum(n => (n - 10_000.0) * (n - 10_000.0) / 10_000), Is.LessThan(43.8));
    }

    [Test]
    public void NextNormal_ManyDraws_HasTheMomentsOfANormal()
    {
        var stream = new RandomStream(4);
        float[] values = new float[200_000];
        stream.FillNormal(values, 2, 3);
        double mean = values.Average();
        double variance = values.Average(v => (v - mean) * (v - mean));
        double kurtosis = values.Average(v => Math.Pow((v - mean) / Math.Sqrt(variance), 4));
        Assert.That(mean, Is.EqualTo(2).Within(0.03));
        Assert.That(variance, Is.EqualTo(9).Within(0.12));
        Assert.That(kurtosis, Is.EqualTo(3).Within(0.06));
    }

    [Test]
    public void FillNoise_ManyDraws_HasTheMomentsAndQuantilesOfANormal()
    {
        float[] values = new float[500_003];
        new RandomStream(5).FillNoise(values);
        Array.Sort(values);
        double variance = values.Average(v => (double)v * v);
        Assert.Multiple(() =>
        {
            Assert.That(values.Average(v => (double)v), Is.EqualTo(0).Within(0.005));
            Assert.That(variance, Is.EqualTo(1).Within(0.01));
            Assert.That(values.Average(v => Math.Pow(v, 4)), Is.EqualTo(3).Within(0.06));
            Assert.That(values[(int)(values.Length * 0.975)], Is.EqualTo(1.95996).Within(0.02));
            Assert.That(values[(int)(values.Length * 0.84134)], Is.EqualTo(1).Within(0.01));
            Assert.That(values[^1], Is.InRange(3.5, 3.8));
            Assert.That(-values[0], Is.EqualTo(values[^1]));
        });
    }

    [Test]
    public void FillNoise_Neighbours_AreUncorrelated([Values(1, 2, 3, 4, 5)] int distance)
    {
        float[] values = new float[200_000];
        new RandomStream(6).FillNoise(values);
        Assert.That(values.Skip(distance).Zip(values, (a, b) => (double)a * b).Average(), Is.EqualTo(0).Within(0.01));
    }

    [Test]
    public void FillNoise_AnyLength_FillsAllAndGoesOnFromTheState([Values(1, 4, 5, 7, 10)] int length)
    {
        var stream = new RandomStream(7);
        float[] values = new float[length];
        stream.FillNoise(values);
        Assert.That(values, Has.None.Zero);
        var other = new RandomStream(7);
        for (int i = 0; i < (length + 4) / 5; i++)
        {
            other.NextUInt64();
        }

        Assert.That(stream.NextUInt64(), Is.EqualTo(other.NextUInt64()), "five numbers use one draw");
    }

    [Test]
    public void NormalTable_Values_AreTheQuantilesScaledToVarianceOne()
    {
        float[] values = NormalTable.Values.ToArray();
        Assert.That(values, Has.Length.EqualTo(4096).And.Ordered);
        Assert.That(values.Average(v => (double)v * v), Is.EqualTo(1).Within(1e-6));

        // Between the two quantiles next to 3/4 lies 0.67449, before the scaling by less than a thousandth.
        Assert.That((values[3071] + values[3072]) / 2, Is.EqualTo(0.6744898).Within(0.0007));
    }

    [Test]
    public void Permutation_ContainsEachIndexOnceAndIsShuffled()
    {
        int[] permutation = new RandomStream(5).Permutation(100);
        Assert.That(permutation.Order(), Is.EqualTo(Enumerable.Range(0, 100)));
        Assert.That(permutation, Is.Not.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public void NextInt32_CoversTheRange()
    {
        var stream = new RandomStream(6);
        Assert.That(Enumerable.Range(0, 200).Select(_ => stream.NextInt32(5)).Distinct().Order(), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.NextInt32(0));
    }
}
