using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.Inference;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones.Inference;

[NoTensorLeaks]
public sealed class InferenceModelTests
{
    private const double Tolerance = 2e-5;

    private static IEnumerable<BackboneConfig> Configs() =>
    [
        SmallEncoders.Transformer,
        SmallEncoders.Transformer with { Registers = 0, LayerScale = null, MaskToken = false },
        SmallEncoders.Transformer with { EmbedDim = 64, Heads = 4 },
        SmallEncoders.ResNet,
    ];

    [TestCaseSource(nameof(Configs))]
    public void Extract_OfAPreparedEncoder_GivesTheNetworksFeatures(BackboneConfig config)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(config);
        using var prepared = InferenceModel.Prepare(encoder);
        foreach (var (count, height, width) in new[] { (1, 64, 64), (3, 64, 64), (2, 64, 96) })
        {
            var images = SmallEncoders.Images(count, height, width);
            using var expected = encoder.Extract(images);
            using var found = prepared.Extract(images);
            AssertClose(found.Cls, expected.Cls);
            AssertClose(found.Patches, expected.Patches);
            Assert.That((found.GridHeight, found.GridWidth), Is.EqualTo((expected.GridHeight, expected.GridWidth)));
            if (expected.Registers is not null)
            {
                AssertClose(found.Registers!, expected.Registers);
            }

            if (expected.Prenorm is not null)
            {
                AssertClose(found.Prenorm!, expected.Prenorm);
            }
        }

        Assert.That(prepared.Report.IsPrepared, Is.EqualTo(DnnlPacking.WhyNot is null));
    }

    [TestCaseSource(typeof(SmallEncoders), nameof(SmallEncoders.Adapters))]
    public void Extract_WithAdapters_GivesTheNetworksFeatures(BackboneConfig config, AdapterOptions options)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(config);
        using var adapters = SmallEncoders.Adapt(encoder, options);
        using var prepared = InferenceModel.Prepare(encoder);
        var images = SmallEncoders.Images(2, 64, 64);
        AssertClose(prepared.Extract(images).Patches, encoder.Extract(images).Patches);
    }

    [Test]
    public void Extract_WithMasks_PutsTheMaskTokenWhereTheNetworkDoes()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(SmallEncoders.Transformer);
        using var prepared = InferenceModel.Prepare(encoder);
        var images = SmallEncoders.Images(2, 48, 48);
        var masks = arange(72).remainder(3).eq(0).reshape(2, 36);
        AssertClose(prepared.Extract(images, masks).Patches, encoder.Extract(images, masks).Patches);
    }

    [TestCase("vit", true)]
    [TestCase("vit", false)]
    [TestCase("resnet", true)]
    public void ExtractIntermediate_OfAPreparedEncoder_GivesTheNetworksStages(string family, bool applyFinalNorm)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(family == "vit" ? SmallEncoders.Transformer : SmallEncoders.ResNet);
        using var prepared = InferenceModel.Prepare(encoder);
        var images = SmallEncoders.Images(2, 64, 64);
        var expected = encoder.ExtractIntermediate(images, [0, 2], applyFinalNorm);
        var found = prepared.ExtractIntermediate(images, [0, 2], applyFinalNorm);
        Assert.That(found.Select(stage => stage.Index), Is.EqualTo(new[] { 0, 2 }));
        foreach (var (stage, reference) in found.Zip(expected))
        {
            AssertClose(stage.Map, reference.Map);
            Assert.That(stage.Cls is null, Is.EqualTo(reference.Cls is null));
        }
    }

    [TestCase("vit")]
    [TestCase("resnet")]
    public void Extract_InBfloat16_PointsTheSameWay(string family)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(family == "vit" ? SmallEncoders.Transformer : SmallEncoders.ResNet);
        using var prepared = InferenceModel.Prepare(encoder, new InferenceOptions { Precision = Precision.Bf16, WarmUp = false });
        var images = SmallEncoders.Images(2, 64, 64);
        var (found, expected) = (prepared.Extract(images).Cls, encoder.Extract(images).Cls);
        Assert.That(found.dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(nn.functional.cosine_similarity(found, expected, 1).min().ReadDouble(), Is.GreaterThan(0.99));
        bool narrow = InferenceModel.Supports(Precision.Bf16);
        Assert.That(prepared.Precision, Is.EqualTo(narrow ? Precision.Bf16 : Precision.Fp32));
        Assert.That(prepared.Report.Summary.Contains("Not in bfloat16", StringComparison.Ordinal), Is.EqualTo(!narrow), prepared.Report.Summary);
        Assert.That((found - expected).abs().max().ReadDouble(), narrow ? Is.GreaterThan(1e-4) : Is.LessThan(1e-4), prepared.Report.Summary);
    }

    [Test]
    public void Extract_OnSeveralThreadsAtOnce_GivesEachItsOwnFeatures()
    {
        using var encoder = SmallEncoders.Make(SmallEncoders.Transformer);
        using var prepared = InferenceModel.Prepare(encoder);
        float[] Features(int count, int side)
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            using var features = prepared.Extract(SmallEncoders.Images(count, side, side));
            return features.Cls.contiguous().data<float>().ToArray();
        }

        (int Count, int Side)[] requests = [.. Enumerable.Range(0, 24).Select(i => (1 + (i % 3), 32 + (8 * (i % 4))))];
        float[][] alone = [.. requests.Select(request => Features(request.Count, request.Side))];
        float[][] together = new float[requests.Length][];
        Parallel.For(0, requests.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => together[i] = Features(requests[i].Count, requests[i].Side));
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.That(together[i], Is.EqualTo(alone[i]).Within(1e-5), $"request {i}");
        }
    }

    [Test]
    public void Prepare_OfWeightsThatHaveNoPreparedForm_SaysWhyAndAsksTheNetwork()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(SmallEncoders.Transformer);
        encoder.Module.to(ScalarType.Float64);
        using var prepared = InferenceModel.Prepare(encoder);
        var images = SmallEncoders.Images(1, 48, 48).to(float64);
        Assert.That(prepared.Report.IsPrepared, Is.False);
        Assert.That(prepared.Report.Summary, Does.Contain("Float64"));
        Assert.That((prepared.Extract(images).Cls - encoder.Extract(images).Cls).abs().max().ReadDouble(), Is.Zero);
    }

    [Test]
    public void Prepared_AfterTheNetworkChanged_KeepsItsOwnWeights()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var encoder = SmallEncoders.Make(SmallEncoders.Transformer);
        using var prepared = InferenceModel.Prepare(encoder);
        Assume.That(prepared.Report.IsPrepared, prepared.Report.Summary);
        var images = SmallEncoders.Images(1, 48, 48);
        var before = encoder.Extract(images).Cls;
        WeightNoise.Add(encoder.Module, 9);
        AssertClose(prepared.Extract(images).Cls, before);
        Assert.That(() => prepared.Precision = Precision.Bf16, Throws.InvalidOperationException);
    }

    [Test]
    public void Extract_OfAWrongShape_IsRefusedBeforeTheNetworkSeesIt()
    {
        using var encoder = SmallEncoders.Make(SmallEncoders.ResNet);
        using var prepared = InferenceModel.Prepare(encoder);
        using var images = zeros(1, 3, 40, 64);
        Assert.That(() => prepared.Extract(images), Throws.ArgumentException.With.Message.Contains("multiples of 32"));
    }

    [TestCase(48, 48)]
    [TestCase(64, 144)]
    [TestCase(64, 192)]
    [TestCase(32, 64)]
    public void Apply_OfAnyWidths_IsTheLinearMap(int inputs, int outputs)
    {
        Assume.That(DnnlPacking.WhyNot, Is.Null);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (weight, bias) = (SmallEncoders.Images(1, outputs, inputs)[0, 0], SmallEncoders.Images(1, 1, outputs)[0, 0, 0]);
        using var packed = new PackedLinear(weight, bias, ScalarType.Float32);
        foreach (int rows in new[] { 1, 67, 300 })
        {
            var input = SmallEncoders.Images(1, rows, inputs)[0, 1];
            var expected = nn.functional.linear(input, weight, bias);
            AssertClose(packed.Apply(input), expected);
            AssertClose(packed.Apply(input, DnnlPacking.Epilogue.Gelu), expected.gelu());
            AssertClose(packed.ApplyPlus(input, expected), expected + expected);
        }
    }

    [TestCase(2, 30)]
    [TestCase(2, 1500)]
    public void Mix_WhateverTheScoresTake_IsAttention(int images, int tokens)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        const int heads = 2;
        var joint = empty([images, tokens, 3 * 16], float32);
        WeightInitialization.Normal(joint, RandomStream.For(1, "joint"), 0, 1);
        var parts = joint.view(images, tokens, 3, heads, 8).permute(2, 0, 3, 1, 4);
        var expected = nn.functional.scaled_dot_product_attention(parts[0] * Math.Sqrt(8), parts[1], parts[2], is_casual: false).transpose(1, 2).reshape(images, tokens, 16);
        AssertClose(HeadAttention.Mix(joint, heads), expected);
    }

    private static void AssertClose(Tensor found, Tensor expected)
    {
        Assert.That(found.shape, Is.EqualTo(expected.shape));
        Assert.That((found - expected).abs().max().ReadDouble() / expected.abs().max().ReadDouble(), Is.LessThan(Tolerance));
    }
}
