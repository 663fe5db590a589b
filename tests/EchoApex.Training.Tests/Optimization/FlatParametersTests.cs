using EchoApex.Testing;
using EchoApex.Training.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Optimization;

[NoTensorLeaks]
public sealed class FlatParametersTests
{
    [Test]
    public void Constructor_Parameters_BecomeViewsWithTheSameValues()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ParametersFixture();
        foreach (var (name, parameter) in fixture.Parameters)
        {
            Assert.That((parameter - GoldenCase.FillTensor(name, parameter.shape, 1, 0)).abs().max().item<float>(), Is.Zero, name);
        }

        using (no_grad())
        {
            foreach (var group in fixture.Flat.Groups)
            {
                group.Values.fill_(7);
            }
        }

        Assert.That(fixture.Parameters.All(p => p.Parameter.min().item<float>() == 7), Is.True);
        Assert.That(fixture.Flat.Count, Is.EqualTo(fixture.Parameters.Sum(p => p.Parameter.numel())));
    }

    [Test]
    public void Backward_Twice_AddsIntoTheFlatGradients()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ParametersFixture();
        fixture.Backward(0);
        (fixture["body.weight"] * 2).sum().backward();

        var group = fixture.Flat.Groups.Single(g => g.Slices.Any(s => s.Name == "body.weight"));
        var slice = group.Slices.Single(s => s.Name == "body.weight");
        var expected = ParametersFixture.Gradient("body.weight", fixture["body.weight"], 0) + 2;
        Assert.That((slice.Of(group.Gradients) - expected).abs().max().item<float>(), Is.Zero);

        fixture.Flat.ZeroGradients();
        Assert.That(fixture["body.weight"].grad!.abs().max().item<float>(), Is.Zero);
    }

    [Test]
    public void Dispose_Parameters_KeepTheirValues()
    {
        using var scope = NewDisposeScope();
        var values = GoldenCase.FillTensor("x", [5, 3], 1, 0);
        using var parameter = new Parameter(values.clone());
        new FlatParameters([new ParameterGroup("all", [new NamedParameter("x", parameter)])]).Dispose();

        Assert.That((parameter - values).abs().max().item<float>(), Is.Zero);
    }

    [Test]
    public void Constructor_DoubledOrFrozenParameter_IsRefused()
    {
        using var parameter = new Parameter(ones(2));
        using var frozen = new Parameter(ones(2), requires_grad: false);
        var one = new NamedParameter("x", parameter);

        Assert.That(() => new FlatParameters([new("a", [one]), new("b", [one])]), Throws.ArgumentException.With.Message.Contains("twice"));
        Assert.That(() => new FlatParameters([new("a", [new("y", frozen)])]), Throws.ArgumentException.With.Message.Contains("no gradient"));
        Assert.That(() => new FlatParameters([new("a", [])]), Throws.ArgumentException.With.Message.Contains("empty"));
        Assert.That(() => new FlatParameters([new("a", [one]), new("a", [one])]), Throws.ArgumentException);
    }
}
