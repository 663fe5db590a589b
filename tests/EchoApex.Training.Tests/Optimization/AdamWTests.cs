using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;
using AdamW = EchoApex.Training.Optimization.AdamW;
using Parameter = TorchSharp.Modules.Parameter;

namespace EchoApex.Training.Tests.Optimization;

[NoTensorLeaks]
public sealed class AdamWTests
{
    [TestCase(true)]
    [TestCase(false)]
    public void Step_TenScheduledSteps_EqualsTorchSharpsAdamW(bool fused)
    {
        Assume.That(!fused || FusedKernels.IsAvailable);
        using var scope = NewDisposeScope();
        using var fixture = new ParametersFixture();
        using var optimizer = new AdamW(fixture.Flat, null, fused);
        var copies = fixture.Parameters.ToDictionary(p => p.Name, p => new Parameter(p.Parameter.detach().clone()));
        using var decaying = optim.AdamW(copies.Where(p => !p.Key.EndsWith(".bias")).Select(p => p.Value), beta2: 0.999, weight_decay: 0.1);
        using var others = optim.AdamW(copies.Where(p => p.Key.EndsWith(".bias")).Select(p => p.Value), beta2: 0.999);
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
            Assert.That(difference, Is.LessThan(3e-7f), name);
        }
    }

    [Test]
    public void FusedKernels_OnTheTestMachine_AreAvailable() => Assert.That(FusedKernels.IsAvailable, Is.True);

    [TestCase(true)]
    [TestCase(false)]
    public void Step_Padding_StaysZero(bool fused)
    {
        using var fixture = new ParametersFixture();
        using var optimizer = new AdamW(fixture.Flat, null, fused);
        fixture.Backward(0);
        optimizer.Step(new OptimizerStep(0.1, 0.1));

        foreach (var group in fixture.Flat.Groups)
        {
            float[] values = group.Values.data<float>().ToArray();
            var inside = group.Slices.SelectMany(slice => Enumerable.Range((int)slice.Offset, (int)slice.Length)).ToHashSet();
            Assert.That(values.Where((_, index) => !inside.Contains(index)), Is.All.Zero);
        }
    }

    [Test]
    public void Step_SkipLastLayer_LeavesWeightsMomentsAndStepCount()
    {
        const string Last = "head.last_layer.weight_v";
        using var fixture = new ParametersFixture();
        using var late = new AdamW(fixture.Flat);
        float[] before = fixture.Values(Last);
        float[] body = fixture.Values("body.weight");
        for (int step = 0; step < 3; step++)
        {
            fixture.Backward(step);
            late.Step(new OptimizerStep(0.01, 0.1) { SkipLastLayer = true });
        }

        Assert.That(fixture.Values(Last), Is.EqualTo(before));
        Assert.That(fixture.Values("body.weight"), Is.Not.EqualTo(body));

        // The first step after thawing is a first step: the same as that of an optimizer that never saw the frozen ones.
        using var freshFixture = new ParametersFixture();
        using var fresh = new AdamW(freshFixture.Flat);
        fixture.Backward(3);
        freshFixture.Backward(3);
        late.Step(new OptimizerStep(0.01, 0.1));
        fresh.Step(new OptimizerStep(0.01, 0.1));
        Assert.That(fixture.Values(Last), Is.EqualTo(freshFixture.Values(Last)));
    }

    [Test]
    public void Step_LastLayerRateZero_HoldsWeightsButMomentsGoOn()
    {
        const string Last = "head.last_layer.weight_v";
        using var fixture = new ParametersFixture();
        using var late = new AdamW(fixture.Flat);
        float[] before = fixture.Values(Last);
        fixture.Backward(0);
        late.Step(new OptimizerStep(0.01, 0.1) { LastLayerLearningRate = 0 });
        Assert.That(fixture.Values(Last), Is.EqualTo(before));

        using var freshFixture = new ParametersFixture();
        using var fresh = new AdamW(freshFixture.Flat);
        fixture.Backward(3);
        freshFixture.Backward(3);
        late.Step(new OptimizerStep(0.01, 0.1));
        fresh.Step(new OptimizerStep(0.01, 0.1));
        Assert.That(fixture.Values(Last), Is.Not.EqualTo(freshFixture.Values(Last)));
    }

    [Test]
    public void State_SavedAndLoaded_ContinuesBitByBit()
    {
        using var first = new ParametersFixture();
        using var one = new AdamW(first.Flat);
        Run(first, one, 0, 3);
        var state = one.SaveState();
        var weights = first.Parameters.ToDictionary(p => p.Name, p => first.Values(p.Name));
        Run(first, one, 3, 6);

        using var second = new ParametersFixture();
        using var two = new AdamW(second.Flat);
        using (no_grad())
        {
            foreach (var (name, parameter) in second.Parameters)
            {
                using var values = tensor(weights[name]);
                using var shaped = values.view(parameter.shape);
                parameter.copy_(shaped);
            }
        }

        two.LoadState(state);
        Run(second, two, 3, 6);

        foreach (var (name, _) in first.Parameters)
        {
            Assert.That(second.Values(name), Is.EqualTo(first.Values(name)), name);
        }

        Assert.That(state.Keys, Does.Contain("exp_avg.body.weight").And.Contain("exp_avg_sq.head.last_layer.weight_v").And.Contain("step.no_decay"));
        Dispose(state);
    }

    [Test]
    public void LoadState_MissingOrMisshapenTensor_IsRefusedAndNothingChanges()
    {
        using var fixture = new ParametersFixture();
        using var optimizer = new AdamW(fixture.Flat);
        Run(fixture, optimizer, 0, 2);
        var state = new Dictionary<string, Tensor>(optimizer.SaveState());
        var other = new Dictionary<string, Tensor>(state);
        other.Remove("exp_avg_sq.head.mlp.weight");
        using var small = zeros(2);
        var misshapen = new Dictionary<string, Tensor>(state) { ["exp_avg.body.bias"] = small };
        foreach (var value in state.Values.Where(value => value.dtype == float32))
        {
            value.mul_(0);
        }

        Assert.That(() => optimizer.LoadState(other), Throws.InstanceOf<CheckpointException>().With.Message.Contains("exp_avg_sq.head.mlp.weight"));
        Assert.That(() => optimizer.LoadState(misshapen), Throws.InstanceOf<CheckpointException>().With.Message.Contains("[2]"));
        var after = optimizer.SaveState();
        using var largest = after["exp_avg.body.weight"].abs();
        using var maximum = largest.max();
        Assert.That(maximum.item<float>(), Is.GreaterThan(0));
        Dispose(after);
        Dispose(state);
    }

    [TestCase(nameof(AdamWOptions.Beta1))]
    [TestCase(nameof(AdamWOptions.Beta2))]
    [TestCase(nameof(AdamWOptions.Epsilon))]
    public void Options_Changed_ChangeTheWeights(string option)
    {
        var changed = option switch
        {
            nameof(AdamWOptions.Beta1) => new AdamWOptions { Beta1 = 0.5 },
            nameof(AdamWOptions.Beta2) => new AdamWOptions { Beta2 = 0.9 },
            _ => new AdamWOptions { Epsilon = 0.1 },
        };
        using var usual = new ParametersFixture();
        using var other = new ParametersFixture();
        using var one = new AdamW(usual.Flat);
        using var two = new AdamW(other.Flat, changed);
        Run(usual, one, 0, 3);
        Run(other, two, 0, 3);

        Assert.That(other.Values("body.weight"), Is.Not.EqualTo(usual.Values("body.weight")));
    }

    [Test]
    public void Options_OutOfRange_AreRefused()
    {
        using var fixture = new ParametersFixture();

        Assert.That(() => new AdamW(fixture.Flat, new AdamWOptions { Beta1 = 1.5 }), Throws.InstanceOf<ConfigurationException>());
    }

    private static void Run(ParametersFixture fixture, IOptimizer optimizer, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            fixture.Backward(step);
            optimizer.Step(new OptimizerStep(0.01, 0.1));
        }
    }

    private static void Dispose(IReadOnlyDictionary<string, Tensor> state)
    {
        foreach (var value in state.Values)
        {
            value.Dispose();
        }
    }
}
