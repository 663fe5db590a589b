using EchoApex.Testing;
using EchoApex.Training.Optimization;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Optimization;

[NoTensorLeaks]
public sealed class GradientClippingTests
{
    [Test]
    public void ClipEachParameter_OnlyLongGradients_AreShortened()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ParametersFixture();
        fixture.Backward(0);
        var before = GradientClipping.Measure(fixture.Flat);
        double limit = (before["body.bias"] + before["body.weight"]) / 2;

        var reported = GradientClipping.ClipEachParameter(fixture.Flat, limit);
        var after = GradientClipping.Measure(fixture.Flat);

        Assert.That(reported.Values, Is.EqualTo(before.Values));
        foreach (var (name, parameter) in fixture.Parameters)
        {
            var gradient = ParametersFixture.Gradient(name, parameter, 0);
            Assert.That(before[name], Is.EqualTo(gradient.norm().item<float>()).Within(1e-5), name);
            Assert.That(after[name], Is.EqualTo(Math.Min(before[name], limit * before[name] / (before[name] + 1e-6))).Within(1e-5), name);
        }

        Assert.That(after["body.bias"], Is.EqualTo(before["body.bias"]));
        Assert.That(after["body.weight"], Is.LessThan(before["body.weight"]));
    }

    [Test]
    public void Clip_AGradientThatIsInfinite_LeavesAllAsTheyAre()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ParametersFixture();
        fixture.Backward(0);
        fixture["body.weight"].grad!.flatten().narrow(0, 0, 1).fill_(float.PositiveInfinity);

        var norms = GradientClipping.ClipEachModule(fixture.Flat, 1e-3);
        Assert.That((norms.IsFinite, string.Join(",", norms.NotFinite())), Is.EqualTo((false, "body.weight")));
        var after = GradientClipping.ClipEachParameter(fixture.Flat, 1e-3);
        Assert.That(after.Values, Is.EqualTo(norms.Values));
        Assert.That(GradientClipping.Measure(fixture.Flat).Values, Is.EqualTo(norms.Values));
    }

    [Test]
    public void ClipEachModule_Limit_HoldsForBodyAndHeadSeparately()
    {
        using var fixture = new ParametersFixture();
        fixture.Backward(0);
        var before = GradientClipping.Measure(fixture.Flat);
        double body = Norm(before, "body.");
        double head = Norm(before, "head.");
        Assume.That(head, Is.GreaterThan(body));

        GradientClipping.ClipEachModule(fixture.Flat, (body + head) / 2);
        var after = GradientClipping.Measure(fixture.Flat);

        Assert.That(Norm(after, "body."), Is.EqualTo(body));
        Assert.That(Norm(after, "head."), Is.EqualTo((body + head) / 2).Within(1e-4));
        Assert.That(after["head.mlp.weight"] / after["head.last_layer.weight_v"], Is.EqualTo(before["head.mlp.weight"] / before["head.last_layer.weight_v"]).Within(1e-4));
    }

    [Test]
    public void Measure_NotANumber_IsReportedByName()
    {
        using var scope = NewDisposeScope();
        using var fixture = new ParametersFixture();
        fixture.Backward(0);
        Assert.That(GradientClipping.Measure(fixture.Flat).IsFinite, Is.True);
        fixture["body.bias"].grad![0].fill_(float.NaN);

        var norms = GradientClipping.ClipEachParameter(fixture.Flat, 1);

        Assert.That(norms.IsFinite, Is.False);
        Assert.That(norms.NotFinite(), Is.EqualTo(new[] { "body.bias" }));
    }

    private static double Norm(GradientNorms norms, string prefix) =>
        Math.Sqrt(norms.Names.Where(name => name.StartsWith(prefix)).Sum(name => (double)norms[name] * norms[name]));
}
