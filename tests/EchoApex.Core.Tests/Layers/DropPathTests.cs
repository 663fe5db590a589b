using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Layers;

[NoTensorLeaks]
public sealed class DropPathTests
{
    [Test]
    public void AddResidual_SubsetWithGivenPermutation_EqualsReference()
    {
        var golden = new GoldenComparison("dinov2_droppath");
        using var scope = NewDisposeScope();
        var x = golden.Input("dp.x");
        var scalars = golden.Case.Json.GetProperty("scalars");
        int[] permutation = [.. scalars.GetProperty("perm").EnumerateArray().Select(value => value.GetInt32())];
        foreach (string name in golden.Arrays.Where(name => name.StartsWith("subset_r", StringComparison.Ordinal)))
        {
            double rate = double.Parse(name["subset_r".Length..], System.Globalization.CultureInfo.InvariantCulture);
            using var dropPath = new DropPath(rate, perSample: false) { Permutation = _ => permutation };
            Assert.That(DropPath.Kept(7, rate), Is.EqualTo(scalars.GetProperty(name + ".kept").GetInt32()));
            CompareClose(golden, name, dropPath.AddResidual(x, kept => kept.tanh() * 2));
        }

        using var layerScale = new LayerScale(8, 0.3);
        CompareClose(golden, "layerscale_0.3", layerScale.forward(x));
        golden.AssertComplete();
    }

    [Test]
    public void Kept_OfEveryReferenceExample_EqualsReference()
    {
        var examples = GoldenCase.Load("dinov2_droppath").Json.GetProperty("scalars").GetProperty("kept_examples");
        foreach (var example in examples.EnumerateObject())
        {
            string[] parts = example.Name.Split('_');
            int batch = int.Parse(parts[0][1..]);
            double rate = double.Parse(parts[1][1..], System.Globalization.CultureInfo.InvariantCulture);
            Assert.That(DropPath.Kept(batch, rate), Is.EqualTo(example.Value.GetInt32()), example.Name);
        }
    }

    [Test]
    public void AddResidual_Subset_ComputesTheBranchForKeptSamplesOnly()
    {
        using var scope = NewDisposeScope();
        using var dropPath = new DropPath(0.3, perSample: false) { Random = new RandomStream(1) };
        long computed = 0;
        var sum = dropPath.AddResidual(zeros(4, 2, 3), kept =>
        {
            computed = kept.shape[0];
            return ones_like(kept);
        });
        float[] first = [.. sum.select(2, 0).select(1, 0).data<float>()];
        Assert.That(computed, Is.EqualTo(2));
        Assert.That(first.Order(), Is.EqualTo(new[] { 0f, 0f, 2f, 2f }));
    }

    [Test]
    public void AddResidual_PerSample_KeepsWholeSamplesAndTheMean()
    {
        using var scope = NewDisposeScope();
        using var dropPath = new DropPath(0.25, perSample: true) { Random = new RandomStream(2) };
        var sum = dropPath.AddResidual(zeros(4000, 1, 2), x => ones_like(x));
        float[] values = [.. sum.data<float>()];
        float scale = 1 / 0.75f;
        Assert.That(values.Chunk(2).All(sample => sample[0] == sample[1] && (sample[0] == 0 || Math.Abs(sample[0] - scale) < 1e-6)), Is.True);
        Assert.That(values.Average(), Is.EqualTo(1).Within(0.05));
    }

    [Test]
    public void IsActive_InEvaluationOrAtRateZero_IsFalse()
    {
        using var none = new DropPath(0, perSample: false);
        using var some = new DropPath(0.5, perSample: false);
        Assert.That(none.IsActive, Is.False);
        Assert.That(some.IsActive, Is.True);
        some.eval();
        Assert.That(some.IsActive, Is.False);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void AddResidual_WithoutStream_SaysWhatIsMissing(bool perSample)
    {
        using var x = zeros(2, 1);
        using var dropPath = new DropPath(0.5, perSample);
        Assert.That(() => dropPath.AddResidual(x, y => y), Throws.InvalidOperationException.With.Message.Contains("Random"));
    }

    // The case gives no tolerance for these arrays: one rounding of float32.
    private static void CompareClose(GoldenComparison golden, string name, Tensor actual)
    {
        using var expected = golden.Expected(name);
        GoldenCase.AssertClose(actual, expected, 1e-6, name);
    }
}
