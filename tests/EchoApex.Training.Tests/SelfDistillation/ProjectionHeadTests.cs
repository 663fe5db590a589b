using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Training.SelfDistillation;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.SelfDistillation;

[NoTensorLeaks]
public sealed class ProjectionHeadTests
{
    private static readonly ProjectionHeadOptions Small = new() { InputDim = 48, HiddenDim = 96, BottleneckDim = 32, Prototypes = 64 };

    // The way to a GPU is the way to another format.
    [TestCase(true)]
    [TestCase(false)]
    public void To_AnotherFormat_MovesEveryParameterThatForwardUses(bool freezeNorm)
    {
        using var scope = NewDisposeScope();
        using var head = new ProjectionHead(Small with { FreezeLastLayerNorm = freezeNorm }, RandomStream.For(1, "head"));
        var input = rand(4, Small.InputDim);
        var before = head.call(input);
        head.to(float64);
        var after = head.call(input.to(float64));
        Assert.That(after.dtype, Is.EqualTo(float64));
        Assert.That((after - before.to(float64)).abs().max().item<double>(), Is.LessThan(1e-5));
        Assert.That(head.get_parameter("last_layer.weight_g")!.requires_grad, Is.EqualTo(!freezeNorm));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Forward_GoldenHead_GivesReferenceValuesAndGradients(int layers)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Load("dinov2_dinohead");
        using var head = new ProjectionHead(Small with { Layers = layers, FreezeLastLayerNorm = false });
        string prefix = $"l{layers}.";
        GoldenWeights.Fill(golden, head, prefix);
        string[] names = [.. golden.Json.GetProperty("scalars").GetProperty(prefix + "param_names").EnumerateArray().Select(name => name.GetString()!)];
        Assert.That(head.named_parameters().Select(entry => entry.name), Is.EqualTo(names));

        var input = GoldenWeights.Input(golden, $"head.x.l{layers}").requires_grad_(true);
        var coefficients = GoldenWeights.Input(golden, $"head.coef.l{layers}");
        var output = head.call(input);
        var bottleneck = head.ForwardMlp(input);
        (output * coefficients).sum().backward();

        golden.AssertClose(bottleneck, prefix + "mlp_out");
        golden.AssertClose(head.ForwardLastLayer(bottleneck), prefix + "out_without_bottleneck_norm");
        golden.AssertClose(head.EffectiveWeight(), prefix + "effective_weight");
        golden.AssertClose(output, prefix + "out");
        golden.AssertClose(input.grad!, prefix + "grad_x");
        golden.AssertClose(head.get_parameter("last_layer.weight_g")!.grad!, prefix + "grad_weight_g");
        golden.AssertClose(head.get_parameter("last_layer.weight_v")!.grad!, prefix + "grad_weight_v");
    }

    [Test]
    public void FreezeLastLayerNorm_True_OnlyDirectionsAreTrained()
    {
        using var scope = NewDisposeScope();
        using var head = new ProjectionHead(Small, new RandomStream(1));
        head.call(ones(2, 48)).sum().backward();

        Assert.That(head.get_parameter("last_layer.weight_g")!.requires_grad, Is.False);
        Assert.That(head.get_parameter("last_layer.weight_v")!.grad, Is.Not.Null);
    }

    [Test]
    public void Initialization_Seed_FollowsTheRecipe()
    {
        using var scope = NewDisposeScope();
        using var head = new ProjectionHead(new ProjectionHeadOptions { InputDim = 200, HiddenDim = 300, BottleneckDim = 64, Prototypes = 500 }, new RandomStream(1));

        Assert.That(Std(head, "mlp.0.weight"), Is.EqualTo(0.02).Within(0.0005));
        Assert.That(Std(head, "mlp.4.weight"), Is.EqualTo(0.02).Within(0.0005));
        Assert.That(head.get_parameter("mlp.2.bias")!.abs().max().item<float>(), Is.Zero);
        Assert.That(head.get_parameter("last_layer.weight_g")!.min().item<float>(), Is.EqualTo(1));
        // PyTorch's Linear default: uniform over +-1/sqrt(64).
        Assert.That(head.get_parameter("last_layer.weight_v")!.abs().max().item<float>(), Is.InRange(0.124, 0.125));
        Assert.That(Std(head, "last_layer.weight_v"), Is.EqualTo(0.125 / Math.Sqrt(3)).Within(0.001));
    }

    [Test]
    public void InitStdAndGain_Set_ChangeTheLinearsOnly()
    {
        using var scope = NewDisposeScope();
        using var wide = new ProjectionHead(Small with { InitStd = 0.2 }, new RandomStream(1));
        using var gain = new ProjectionHead(Small with { InitGain = 1.4 }, new RandomStream(1));

        Assert.That(Std(wide, "mlp.2.weight"), Is.EqualTo(0.2).Within(0.01));
        Assert.That(Std(gain, "mlp.0.weight"), Is.EqualTo(1.4 / Math.Sqrt(48)).Within(0.01));
        Assert.That(Std(gain, "mlp.2.weight"), Is.EqualTo(1.4 / Math.Sqrt(96)).Within(0.01));
        Assert.That(Std(gain, "last_layer.weight_v"), Is.EqualTo(1 / Math.Sqrt(3 * 32)).Within(0.005));
    }

    [Test]
    public void BatchNorm_On_StandsAfterEachHiddenLinear()
    {
        using var head = new ProjectionHead(Small with { BatchNorm = true }, new RandomStream(1));

        string[] names = [.. head.named_parameters().Select(entry => entry.name)];

        Assert.That(names, Does.Contain("mlp.1.weight").And.Contain("mlp.4.bias").And.Contain("mlp.6.weight"));
        Assert.That(names, Does.Not.Contain("mlp.7.weight"));
        Assert.That(head.state_dict().Keys, Does.Contain("mlp.1.running_mean"));
    }

    [Test]
    public void Constructor_SeveralFaults_NamesThemAll()
    {
        var error = Assert.Throws<ConfigurationException>(() => _ = new ProjectionHead(Small with { HiddenDim = 0, Layers = 0 }));

        Assert.That(error!.Faults, Has.Count.EqualTo(2));
        Assert.That(error.Message, Does.Contain("hidden_dim: 0").And.Contain("layers: 0"));
    }

    private static double Std(ProjectionHead head, string name) => head.get_parameter(name)!.std().item<float>();
}
