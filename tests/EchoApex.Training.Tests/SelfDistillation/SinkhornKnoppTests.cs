using EchoApex.Testing;
using EchoApex.Training.Distributed;
using EchoApex.Training.SelfDistillation;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.SelfDistillation;

[NoTensorLeaks]
public sealed class SinkhornKnoppTests
{
    [TestCase("b8k32")]
    [TestCase("b16k10")]
    [TestCase("b3k64")]
    public void Assign_GoldenScores_GivesReferenceAssignments(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load("dinov2_sinkhorn");
        var scores = GoldenWeights.Input(golden, "sk." + name);
        double temperature = golden.Scalars().GetProperty(name + ".teacher_temp").GetDouble();

        golden.AssertClose(SinkhornKnopp.Assign(scores, temperature), name + ".q");
        golden.AssertClose(SinkhornKnopp.Assign(scores, temperature, 3, new SingleProcess()), name + ".q_ibot");
    }

    [Test]
    public void Assign_ManyIterations_UsesPrototypesAlike()
    {
        using var scope = NewDisposeScope();
        var scores = GoldenCase.FillTensor("scores", [32, 8], 1, 0);

        var q = SinkhornKnopp.Assign(scores, 0.2, 100);

        Assert.That((q.sum([1]) - 1).abs().max().item<float>(), Is.LessThan(1e-5));
        Assert.That((q.sum([0]) - 4).abs().max().item<float>(), Is.LessThan(1e-3));
    }

    [Test]
    public void Assign_SharpTemperatureAndOneRejectedPrototype_StaysFinite()
    {
        using var scope = NewDisposeScope();
        // exp((1 - -1) / 0.01) is far beyond float32; the last prototype is nobody's choice.
        var scores = GoldenCase.FillTensor("scores", [16, 8], 0.1, 0.9);
        scores[TensorIndex.Colon, 7].fill_(-1);

        var q = SinkhornKnopp.Assign(scores, 0.01);

        Assert.That(q.isfinite().all().item<bool>(), Is.True);
        Assert.That((q.sum([1]) - 1).abs().max().item<float>(), Is.LessThan(1e-5));
    }

    [Test]
    public void Assign_FewerOrMoreIterations_Differ()
    {
        using var scope = NewDisposeScope();
        var scores = GoldenCase.FillTensor("scores", [8, 16], 1, 0);

        var once = SinkhornKnopp.Assign(scores, 0.1, 1);
        var thrice = SinkhornKnopp.Assign(scores, 0.1, 3);

        Assert.That((once - thrice).abs().max().item<float>(), Is.GreaterThan(1e-3f));
    }

    [Test]
    public void Assign_NoRows_GivesNone()
    {
        using var scores = zeros(0, 4);
        using var q = SinkhornKnopp.Assign(scores, 0.1);

        Assert.That(q.shape, Is.EqualTo(new long[] { 0, 4 }));
    }

    [Test]
    public void Assign_BadArguments_AreRefused()
    {
        using var scope = NewDisposeScope();
        var scores = zeros(2, 4);

        Assert.That(() => SinkhornKnopp.Assign(scores, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => SinkhornKnopp.Assign(scores, 0.1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => SinkhornKnopp.Assign(scores[0], 0.1), Throws.ArgumentException);
    }
}
