using EchoApex.Testing;
using EchoApex.Training.Optimization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EchoApex.Training.Tests.Optimization;

[NoTensorLeaks]
public sealed class ParameterGroupsTests
{
    [TestCase(12, 0.1)]
    [TestCase(32, 0.5)]
    public void Dinov2_StrongLayerDecay_NamesEveryGroupDifferently(int blocks, double decay)
    {
        using var scope = NewDisposeScope();
        var parameters = Enumerable.Range(0, blocks).Select(i => new NamedParameter($"backbone.blocks.{i}.mlp.fc1.weight", new Parameter(zeros(2, 2)))).ToArray();
        var groups = ParameterGroups.Dinov2(parameters, blocks, decay);
        Assert.That(groups, Has.Count.EqualTo(blocks));
        Assert.That(groups.Select(group => group.Name), Is.Unique);
        using var flat = new FlatParameters(groups);
        Assert.That(flat.Count, Is.EqualTo(4 * blocks));
    }

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

    [TestCase("vit_s14")]
    [TestCase("vit_s14_reg4")]
    [TestCase("vit_s14_chunk4")]
    [TestCase("dino_head")]
    public void Dinov2_GoldenNames_GetReferenceMultipliers(string name)
    {
        var golden = GoldenCase.Load("dinov2_param_groups");
        double layerDecay = golden.Json.GetProperty("config").GetProperty("layerwise_decay").GetDouble();
        double patchEmbedding = golden.Json.GetProperty("config").GetProperty("patch_embed_lr_mult").GetDouble();
        string prefix = name == "dino_head" ? "dino_head." : "backbone.";
        using var scope = NewDisposeScope();
        using var stub = new Parameter(ones(1));
        var rows = golden.Scalars().GetProperty(name).EnumerateArray().ToDictionary(row => prefix + row[0].GetString());

        var groups = ParameterGroups.Dinov2(rows.Keys.Select(key => new NamedParameter(key!, stub)), 12, layerDecay, patchEmbedding);

        Assert.That(groups, Has.Count.EqualTo(golden.Scalars().GetProperty(name + ".n_fused").GetInt32()));
        Assert.That(groups.Select(group => group.Name), Is.Unique);
        Assert.That(groups.Sum(group => group.Parameters.Count), Is.EqualTo(rows.Count));
        foreach (var group in groups)
        {
            foreach (var (key, _) in group.Parameters)
            {
                Assert.That(group.LearningRateMultiplier, Is.EqualTo(rows[key][1].GetDouble()).Within(1e-14), key);
                Assert.That(group.WeightDecayMultiplier, Is.EqualTo(rows[key][2].GetDouble()), key);
                Assert.That(group.IsLastLayer, Is.EqualTo(rows[key][3].GetBoolean()), key);
            }
        }
    }

    private static string[] NamesOf(IReadOnlyList<ParameterGroup> groups, bool decays, bool last) =>
        [.. groups.Where(g => (g.WeightDecayMultiplier == 1) == decays && g.IsLastLayer == last).SelectMany(g => g.Parameters).Select(p => p.Name)];

    private static NamedParameter Make(string name, long[] shape, bool trainable = true) => new(name, new Parameter(ones(shape), trainable));
}
