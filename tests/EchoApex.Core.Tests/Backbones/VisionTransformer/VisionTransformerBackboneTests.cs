using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.VisionTransformer;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones.VisionTransformer;

[NoTensorLeaks]
public sealed class VisionTransformerBackboneTests
{
    private static readonly BackboneConfig Tiny = new()
    {
        Family = "vit",
        Architecture = "tiny test",
        ImageSize = 32,
        PatchSize = 8,
        EmbedDim = 32,
        Depth = 3,
        Heads = 2,
        LayerScale = 1,
    };

    [TestCase(new long[] { 3, 32, 32 }, "3, 32, 32")]
    [TestCase(new long[] { 1, 1, 32, 32 }, "1, 1, 32, 32")]
    [TestCase(new long[] { 1, 3, 33, 32 }, "multiples of 8")]
    [TestCase(new long[] { 1, 3, 32, 28 }, "multiples of 8")]
    [TestCase(new long[] { 1, 3, 0, 32 }, "multiples of 8")]
    [TestCase(new long[] { 0, 3, 32, 32 }, "0, 3, 32, 32")]
    public void Extract_OfAShapeThatDoesNotFit_SaysTheNumbers(long[] shape, string part)
    {
        using var images = zeros(shape);
        using var backbone = Create(Tiny);
        Assert.That(() => backbone.Extract(images), Throws.ArgumentException.With.Message.Contains(part));
        Assert.That(() => backbone.ExtractIntermediate(images, [0]), Throws.ArgumentException.With.Message.Contains(part));
        Assert.That(() => backbone.LastSelfAttention(images), Throws.ArgumentException.With.Message.Contains(part));
    }

    [Test]
    public void Extract_OfBytes_IsRefused()
    {
        using var images = zeros([1, 3, 32, 32], uint8);
        using var backbone = Create(Tiny);
        Assert.That(() => backbone.Extract(images), Throws.ArgumentException.With.Message.Contains("floating-point"));
    }

    [Test]
    public void Extract_WithMasksThatDoNotFit_SaysTheNumbers()
    {
        using var scope = NewDisposeScope();
        var images = zeros(2, 3, 32, 32);
        using var backbone = Create(Tiny);
        using var first = Create(Tiny with { MaskToken = false });
        Assert.That(() => backbone.Extract(images, zeros([2, 15], @bool)), Throws.ArgumentException.With.Message.Contains("[2, 16]"));
        Assert.That(() => backbone.Extract(images, zeros([2, 16])), Throws.ArgumentException.With.Message.Contains("bool"));
        Assert.That(() => first.Extract(images, zeros([2, 16], @bool)), Throws.ArgumentException.With.Message.Contains("mask token"));
    }

    [TestCase(new int[0])]
    [TestCase(new[] { 3 })]
    [TestCase(new[] { -1 })]
    [TestCase(new[] { 1, 0 })]
    [TestCase(new[] { 1, 1 })]
    public void ExtractIntermediate_OfStagesThatDoNotExist_IsRefused(int[] stages)
    {
        using var images = zeros(1, 3, 32, 32);
        using var backbone = Create(Tiny);
        Assert.That(() => backbone.ExtractIntermediate(images, stages), Throws.ArgumentException);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Extract_WithoutGradient_EqualsExtractWithGradientAndLeavesTheImages(bool layerScale)
    {
        using var scope = NewDisposeScope();
        var images = GoldenCase.FillTensor("images", [2, 3, 40, 24], 1, 0);
        float[] before = [.. images.data<float>()];
        using var backbone = Create(Tiny with { LayerScale = layerScale ? 0.7 : null });
        using var withGradient = backbone.Extract(images);
        using var noGrad = no_grad();
        using var without = backbone.Extract(images);
        Assert.That(withGradient.Cls.requires_grad, Is.True);
        Assert.That(without.Patches.detach().contiguous().data<float>().ToArray(), Is.EqualTo(withGradient.Patches.detach().contiguous().data<float>().ToArray()));
        Assert.That(images.data<float>().ToArray(), Is.EqualTo(before));
    }

    [Test]
    public void Extract_InInferenceMode_Works()
    {
        using var scope = NewDisposeScope();
        using var backbone = Create(Tiny);
        using var inference = inference_mode();
        using var features = backbone.Extract(ones(1, 3, 32, 32));
        Assert.That(features.Cls.isfinite().all().item<bool>(), Is.True);
    }

    [Test]
    public void ExtractIntermediate_OfSeveralStagesWithoutGradient_EqualsOneByOne()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = Create(Tiny);
        var images = GoldenCase.FillTensor("images", [1, 3, 32, 32], 1, 0);
        foreach (var stage in backbone.ExtractIntermediate(images, [0, 1, 2], applyFinalNorm: false))
        {
            using (stage)
            {
                using var alone = backbone.ExtractIntermediate(images, [stage.Index], applyFinalNorm: false)[0];
                Assert.That(stage.Map.data<float>().ToArray(), Is.EqualTo(alone.Map.data<float>().ToArray()));
                Assert.That(stage.Cls!.contiguous().data<float>().ToArray(), Is.EqualTo(alone.Cls!.contiguous().data<float>().ToArray()));
            }
        }
    }

    [TestCase(2)]
    [TestCase(0)]
    public void LastSelfAttention_OfEachToken_SumsToOne(int registers)
    {
        using var scope = NewDisposeScope();
        using var backbone = Create(Tiny with { Registers = registers });
        var attention = backbone.LastSelfAttention(ones(2, 3, 16, 32));
        Assert.That(attention.shape, Is.EqualTo(new long[] { 2, 2, 9 + registers, 9 + registers }));
        Assert.That(attention.sum(-1).detach().data<float>().ToArray(), Is.All.EqualTo(1).Within(1e-5));
    }

    [Test]
    public void SelfAttentions_OfTheLastBlock_AreLastSelfAttention()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = Create(Tiny with { Registers = 1 });
        var images = GoldenCase.FillTensor("images", [1, 3, 16, 32], 1, 0);
        var all = backbone.SelfAttentions(images);
        Assert.That(all, Has.Count.EqualTo(backbone.StageCount));
        Assert.That(all[^1].data<float>().ToArray(), Is.EqualTo(backbone.LastSelfAttention(images).data<float>().ToArray()));
        Assert.That(all[0].data<float>().ToArray(), Is.Not.EqualTo(all[^1].data<float>().ToArray()));
    }

    [Test]
    public void Extract_AfterConversionToDouble_UsesTheConvertedWeights()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = Create(Tiny with { Registers = 1 });
        var images = GoldenCase.FillTensor("images", [1, 3, 40, 32], 1, 0);
        using var single = backbone.Extract(images);
        backbone.to(float64);
        using var twice = backbone.Extract(images.to(float64));
        Assert.That(twice.Cls.dtype, Is.EqualTo(float64));
        GoldenCase.AssertClose(single.Cls, twice.Cls, 1e-5, "cls");
    }

    [Test]
    public void Extract_InBfloat16_StaysNearSinglePrecision()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = Create(Tiny);
        var images = GoldenCase.FillTensor("images", [2, 3, 24, 32], 1, 0);
        using var single = backbone.Extract(images);
        backbone.to(bfloat16);
        using var half = backbone.Extract(images.to(bfloat16), zeros([2, 12], @bool));
        double cosine = nn.functional.cosine_similarity(half.Cls.to(float32), single.Cls, 1).min().item<float>();
        Assert.That(half.Cls.dtype, Is.EqualTo(bfloat16));
        Assert.That(cosine, Is.GreaterThan(0.999));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Extract_WithDropPathFromARestoredStream_DrawsTheSameAgain(bool perSample)
    {
        using var scope = NewDisposeScope();
        using var backbone = Create(Tiny with { DropPathRate = 0.5, DropPathUniform = true, DropPathPerSample = perSample });
        backbone.Random = RandomStream.For(5, "drop-path");
        var images = GoldenCase.FillTensor("images", [6, 3, 32, 32], 1, 0);
        byte[] state = backbone.Random.SaveState();
        float[] first = Cls(backbone, images);
        float[] second = Cls(backbone, images);
        ((IStochasticModule)backbone).Random.LoadState(state);
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(Cls(backbone, images), Is.EqualTo(first));
        backbone.eval();
        Assert.That(Cls(backbone, images), Is.Not.EqualTo(first));
        Assert.That(Cls(backbone, images), Is.EqualTo(Cls(backbone, images)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Extract_WithDropPath_GivesEveryParameterAGradient(bool perSample)
    {
        using var scope = NewDisposeScope();
        using var backbone = Create(Tiny with { DropPathRate = 0.3, DropPathUniform = true, DropPathPerSample = perSample });
        using var features = backbone.Extract(GoldenCase.FillTensor("images", [8, 3, 32, 32], 1, 0), zeros([8, 16], @bool));
        (features.Cls.square().sum() + features.Patches.sin().sum()).backward();
        foreach (var (name, parameter) in backbone.named_parameters())
        {
            using var gradient = parameter.grad;
            Assert.That(gradient is not null && gradient.isfinite().all().item<bool>(), Is.True, name);
        }
    }

    [Test]
    public void DropPathRate_OfTwelveBlocks_RisesAsInTheReference()
    {
        double[] expected = [.. GoldenCase.Load("dinov2_droppath").Json.GetProperty("scalars").GetProperty("dpr_linear_12_0.3").EnumerateArray().Select(value => value.GetDouble())];
        var linear = Tiny with { Depth = 12, DropPathRate = 0.3 };
        var uniform = linear with { DropPathUniform = true };
        Assert.That(Enumerable.Range(0, 12).Select(i => VisionTransformerBackbone.DropPathRate(linear, i)), Is.EqualTo(expected).Within(1e-12));
        Assert.That(Enumerable.Range(0, 12).Select(i => VisionTransformerBackbone.DropPathRate(uniform, i)), Is.All.EqualTo(0.3));
        Assert.That(VisionTransformerBackbone.DropPathRate(linear with { Depth = 1 }, 0), Is.Zero);
    }

    [Test]
    public void StateDict_OfRegistersLayerScaleAndMaskToken_HasThemOnlyWhenAskedFor()
    {
        using var full = Create(Tiny with { Registers = 4 });
        using var plain = Create(Tiny with { LayerScale = null, MaskToken = false });
        string[] optional = ["register_tokens", "mask_token", .. Enumerable.Range(0, 3).SelectMany(i => new[] { $"blocks.{i}.ls1.gamma", $"blocks.{i}.ls2.gamma" })];
        Assert.That(full.state_dict().Keys.Except(plain.state_dict().Keys), Is.EquivalentTo(optional));
        Assert.That(plain.state_dict().Keys.Except(full.state_dict().Keys), Is.Empty);
        Assert.That(plain.state_dict(), Has.Count.EqualTo(2 + 2 + (3 * 12) + 2));
    }

    [Test]
    public void Extract_ViTSmallAtBatch8WithoutGradient_NeedsLittleMemoryBeyondTheWeights()
    {
        if (!File.Exists("/proc/self/clear_refs"))
        {
            Assert.Ignore("Peak memory is read from /proc.");
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("vit_small_patch16"), new RandomStream(1));
        backbone.Module.eval();
        using var images = zeros(8, 3, 224, 224);
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5");
        long before = PeakMebibytes();
        backbone.Extract(images).Dispose();

        // Keeping what the twelve blocks make would take about 500 MiB.
        Assert.That(PeakMebibytes() - before, Is.LessThan(150));
    }

    private static long PeakMebibytes() =>
        long.Parse(File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) / 1024;

    private static float[] Cls(VisionTransformerBackbone backbone, Tensor images)
    {
        using var noGrad = no_grad();
        using var features = backbone.Extract(images);
        using var cls = features.Cls.contiguous();
        return [.. cls.data<float>()];
    }

    private static VisionTransformerBackbone Create(BackboneConfig config) => (VisionTransformerBackbone)BackboneFactory.Create(config, new RandomStream(11));
}
