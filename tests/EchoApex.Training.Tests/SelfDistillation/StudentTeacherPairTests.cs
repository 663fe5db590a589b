using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Optimization;
using EchoApex.Training.SelfDistillation;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.SelfDistillation;

[NoTensorLeaks]
public sealed class StudentTeacherPairTests
{
    [Test]
    public void Constructor_TwoNetworks_TeacherEqualsStudentWithoutSharingStorageOrGradient()
    {
        using var pair = TinyNetwork.Pair();
        Assert.That(TinyNetwork.LargestDifference(pair), Is.Zero);
        Assert.That(pair.Teacher.NamedParameters().Any(p => p.Parameter.requires_grad), Is.False);
        Assert.That(pair.Student.NamedParameters().Any(p => p.Parameter.requires_grad), Is.True);

        using (no_grad())
        {
            foreach (var (_, parameter) in pair.Student.NamedParameters())
            {
                parameter.add_(1);
            }
        }

        // Had any parameter shared its storage, it would have moved along.
        Assert.That(TinyNetwork.Differences(pair).Values, Is.All.EqualTo(1).Within(1e-5));
    }

    [Test]
    public void Constructor_DifferentNetworks_IsRefused()
    {
        using var student = TinyNetwork.Create(1);
        using var teacher = TinyNetwork.Create(2, prototypes: 8);

        Assert.That(() => new StudentTeacherPair(student, teacher), Throws.ArgumentException);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void TeacherUpdate_Momentum_MovesEveryParameterAlike(bool flat)
    {
        using var pair = TinyNetwork.Pair();
        using var parameters = flat ? new FlatParameters(ParameterGroups.Dino(pair.Student.NamedParameters())) : null;
        using var update = new TeacherUpdate(pair, parameters);
        Assert.That(TinyNetwork.LargestDifference(pair), Is.Zero);
        using (no_grad())
        {
            foreach (var (_, parameter) in pair.Student.NamedParameters())
            {
                parameter.add_(1);
            }
        }

        update.Apply(0.75);
        Assert.That(TinyNetwork.Differences(pair).Values, Is.All.EqualTo(0.75).Within(1e-5));
        update.Apply(1);
        Assert.That(TinyNetwork.Differences(pair).Values, Is.All.EqualTo(0.75).Within(1e-5));
        update.Apply(0);
        Assert.That(TinyNetwork.LargestDifference(pair), Is.Zero.Within(1e-6));
        Assert.That(() => update.Apply(1.5), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void TeacherUpdate_BatchNormStatistics_AreNotAveraged()
    {
        using var pair = TinyNetwork.Pair(batchNorm: true);
        using var update = new TeacherUpdate(pair);
        using (no_grad())
        {
            pair.Student.StateTensors()["head.mlp.1.running_mean"].add_(5);
        }

        update.Apply(0);

        using var teacher = pair.Teacher.StateTensors()["head.mlp.1.running_mean"].max();
        Assert.That(teacher.item<float>(), Is.Zero);
    }

    [Test]
    public void MultiCropForward_TwoSizes_EqualsSeparatePasses()
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Create(1);
        var large = GoldenCase.FillTensor("large", [4, 3, 32, 32], 1, 0);
        var small = GoldenCase.FillTensor("small", [4, 3, 16, 16], 1, 0);
        using var together = MultiCropForward.Run(network, [large.narrow(0, 0, 2), large.narrow(0, 2, 2), small.narrow(0, 0, 2), small.narrow(0, 2, 2)]);
        using var stacked = MultiCropForward.Run(network, [large, small]);
        using var alone = MultiCropForward.Run(network, [small]);

        Assert.That(together.Logits.shape, Is.EqualTo(new long[] { 8, 16 }));
        Assert.That(together.Cls.shape, Is.EqualTo(new long[] { 8, 24 }));
        Assert.That((together.Logits - stacked.Logits).abs().max().item<float>(), Is.Zero);
        Assert.That((together.Logits.narrow(0, 4, 4) - alone.Logits).abs().max().item<float>(), Is.LessThan(1e-6));
    }

    [Test]
    public void MultiCropForward_NoCrops_IsRefused()
    {
        using var network = TinyNetwork.Create(1);

        Assert.That(() => MultiCropForward.Run(network, []), Throws.ArgumentException);
    }

    [Test]
    public void Network_HeadOfAnotherWidth_IsRefused()
    {
        using var backbone = BackboneFactory.Create(TinyNetwork.Vit, new RandomStream(1));
        using var head = new ProjectionHead(new ProjectionHeadOptions { InputDim = 8, Prototypes = 4 });

        Assert.That(() => new SelfDistillationNetwork(backbone, head), Throws.ArgumentException.With.Message.Contains("24"));
    }
}
