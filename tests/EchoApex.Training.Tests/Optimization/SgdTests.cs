using EchoApex.Testing;
using EchoApex.Training.Optimization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Optimization;

[NoTensorLeaks]
public sealed class SgdTests
{
    [Test]
    public void Step_TenScheduledSteps_EqualsTorchSharpsSgd()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ParametersFixture();
        using var optimizer = new Sgd(fixture.Flat, 0.9);
        var copies = fixture.Parameters.ToDictionary(p => p.Name, p => new Parameter(p.Parameter.detach().clone()));
        using var decaying = optim.SGD(copies.Where(p => !p.Key.EndsWith(".bias")).Select(p => p.Value), 1, momentum: 0.9, weight_decay: 0.1);
        using var others = optim.SGD(copies.Where(p => p.Key.EndsWith(".bias")).Select(p => p.Value), 1, momentum: 0.9);
        for (int step = 0; step < 10; step++)
        {
            fixture.Backward(step);
            optimizer.Step(new OptimizerStep(0.01 * step, 0.1));
            foreach (var (name, parameter) in copies)
            {
                parameter.grad = ParametersFixture.Gradient(name, parameter, step);
            }

            foreach (var theirs in new[] { decaying, others })
            {
                theirs.ParamGroups.Single().LearningRate = 0.01 * step;
                theirs.step();
            }
        }

        foreach (var (name, parameter) in copies)
        {
            float difference = (fixture[name] - parameter).abs().max().item<float>();
            TestContext.Out.WriteLine($"{name}: largest difference {difference}");
            Assert.That(difference, Is.LessThan(5e-7f), name);
        }
    }

    [Test]
    public void State_SavedAndLoaded_ContinuesBitByBit()
    {
        using var scope = NewDisposeScope();
        using var first = new ParametersFixture();
        using var second = new ParametersFixture();
        using var one = new Sgd(first.Flat, 0.9);
        using var two = new Sgd(second.Flat, 0.9);
        first.Backward(0);
        one.Step(new OptimizerStep(0, 0.1));
        two.LoadState(one.SaveState());
        first.Backward(1);
        second.Backward(1);
        one.Step(new OptimizerStep(0.1, 0.1));
        two.Step(new OptimizerStep(0.1, 0.1));

        Assert.That(second.Values("body.weight"), Is.EqualTo(first.Values("body.weight")));
        Assert.That(() => two.LoadState(new Dictionary<string, Tensor>()), Throws.InstanceOf<Core.Runtime.CheckpointException>());
    }

    [Test]
    public void Step_SkipLastLayer_LeavesIt()
    {
        using var fixture = new ParametersFixture();
        using var optimizer = new Sgd(fixture.Flat, 0.9);
        float[] before = fixture.Values("head.last_layer.weight_v");
        fixture.Backward(0);
        optimizer.Step(new OptimizerStep(0.1, 0.1) { SkipLastLayer = true });

        Assert.That(fixture.Values("head.last_layer.weight_v"), Is.EqualTo(before));
    }
}
