using EchoApex.Testing;
using EchoApex.Training.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Optimization;

[NoTensorLeaks]
public sealed class ParameterGroupsTests
{
    [Test]
    public void Dino_Parameters_DecayUnlessBiasOrOneDimensional()
    {
        using var scope = NewDisposeScope();
        NamedParameter[] parameters =
        [
            Make("backbone.cls_token", [1, 1, 4]), Make("backbone.norm.weight", [4]), Make("backbone.a.bias", [4]), Make("backbone.a.weight", [4, 4]),
            Make("backbone.mask_token", [1, 4]), Make("head.last_layer.weight_g", [8, 1]), Make("head.last_layer.weight_v", [8, 4]),
            Make("head.frozen", [4, 4], false),
        ];

        var groups = ParameterGroups.Dino(parameters);

        Assert.That(NamesOf(groups, decays: true, last: false), Is.EqualTo(new[] { "backbone.cls_token", "backbone.a.weight" }));
        Assert.That(NamesOf(groups, decays: false, last: false), Is.EqualTo(new[] { "backbone.norm.weight", "backbone.a.bias" }));
        Assert.That(NamesOf(groups, decays: true, last: true), Is.EqualTo(new[] { "head.last_layer.weight_g", "head.last_layer.weight_v" }));
        Assert.That(groups.Sum(group => group.Parameters.Count), Is.EqualTo(6));
        Assert.That(groups.Select(group => group.LearningRateMultiplier), Is.All.EqualTo(1));
    }

    private static string[] NamesOf(IReadOnlyList<ParameterGroup> groups, bool decays, bool last) =>
        [.. groups.Where(g => (g.WeightDecayMultiplier == 1) == decays && g.IsLastLayer == last).SelectMany(g => g.Parameters).Select(p => p.Name)];

    private static NamedParameter Make(string name, long[] shape, bool trainable = true) => new(name, new Parameter(ones(shape), trainable));
}
