using EchoApex.Core.Runtime;
using EchoApex.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Runtime;

[NoTensorLeaks]
public sealed class WeightInitializationTests
{
    [Test]
    public void TruncatedNormal_Std002_HasThatDeviation()
    {
        using var weight = empty(300, 400);
        WeightInitialization.TruncatedNormal(weight, new RandomStream(1));
        float[] values = weight.data<float>().ToArray();
        Assert.That(values.Average(), Is.EqualTo(0).Within(3e-4));
        Assert.That(Math.Sqrt(values.Average(v => (double)v * v)), Is.EqualTo(0.02).Within(2e-4));
    }

    [Test]
    public void TruncatedNormal_NarrowInterval_StaysInside()
    {
        using var weight = empty(10_000);
        WeightInitialization.TruncatedNormal(weight, new RandomStream(1), 0, 1, -0.5, 0.5);
        float[] values = weight.data<float>().ToArray();
        Assert.That(values.Min(), Is.GreaterThanOrEqualTo(-0.5f));
        Assert.That(values.Max(), Is.LessThanOrEqualTo(0.5f).And.GreaterThan(0.45f));
    }

    [Test]
    public void TruncatedNormal_EmptyInterval_Throws()
    {
        using var weight = empty(3);
        Assert.Throws<ArgumentException>(() => WeightInitialization.TruncatedNormal(weight, new RandomStream(1), 0, 1, 9, 10));
    }

    [Test]
    public void KaimingUniform_LinearAndConvolution_FillsWithinTheBound()
    {
        using var weight = empty(64, 3, 7, 7);
        double bound = WeightInitialization.KaimingUniform(weight, new RandomStream(1));
        float[] values = weight.data<float>().ToArray();
        Assert.That(bound, Is.EqualTo(1 / Math.Sqrt(147)).Within(1e-12));
        Assert.That(values.Max(), Is.LessThanOrEqualTo(bound).And.GreaterThan(0.98 * bound));
        Assert.That(values.Min(), Is.GreaterThanOrEqualTo(-bound).And.LessThan(-0.98 * bound));
    }

    [Test]
    public void Normal_MoreThanOneChunk_FillsEverything()
    {
        using var weight = full(150_000, float.NaN);
        WeightInitialization.Normal(weight, new RandomStream(1), 0, 1);
        Assert.That(weight.data<float>().ToArray().Any(float.IsNaN), Is.False);
    }

    [Test]
    public void Normal_SameSeed_GivesTheSameWeights()
    {
        using var a = empty(50);
        using var b = empty(50);
        WeightInitialization.Normal(a, new RandomStream(9), 0, 1);
        WeightInitialization.Normal(b, new RandomStream(9), 0, 1);
        Assert.That(a.data<float>().ToArray(), Is.EqualTo(b.data<float>().ToArray()));
    }
}
