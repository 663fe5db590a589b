// Shape legend: B = images, H, W = sides.
using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Adapters;

[NoTensorLeaks]
public sealed class AdapterSetTests
{
    private static readonly AdapterKind[] WithWeights = [AdapterKind.AdaptFormer, AdapterKind.Houlsby, AdapterKind.Lora, AdapterKind.Convolution];

    [TestCaseSource(nameof(WithWeights))]
    public void Attach_FreshAdapters_ChangeNoOutputAndTrainThemselvesAlone(AdapterKind kind)
    {
        using var scope = NewDisposeScope();
        using var encoder = Encoder(kind);
        var images_BCHW = Images();
        var before = encoder.Extract(images_BCHW).Cls.detach();
        using var adapters = AdapterSet.Attach(encoder, new AdapterOptions { Kind = kind, AllowLargerShare = true }, RandomStream.For(1, "adapters"));
        adapters.Train(false);
        var after = encoder.Extract(images_BCHW).Cls;
        Assert.That((after - before).abs().max().ReadDouble(), Is.Zero);

        after.square().sum().backward();
        Assert.That(encoder.Module.parameters().All(parameter => parameter.grad is null), "the encoder got a gradient");
        Assert.That(adapters.Parameters.Any(entry => entry.Parameter.grad is { } gradient && gradient.abs().max().ReadDouble() > 0), "no adapter got a gradient");
    }

    // What the output projection hands on in bfloat16 on a GPU.
    [Test]
    public void Forward_OfAnUpdateInAnotherFormat_ComputesInItsOwn()
    {
        using var scope = NewDisposeScope();
        using var update = new LoraUpdate(8, new AdapterOptions { Kind = AdapterKind.Lora, LoraRank = 2 }, RandomStream.For(1, "update"));
        var input_BTD = rand(1, 3, 8);
        var (plain, narrow) = (update.forward(input_BTD), update.forward(input_BTD.to(ScalarType.BFloat16)));
        Assert.That(narrow.dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That((plain - narrow).abs().max().ReadDouble(), Is.LessThan(0.05));
    }

    [TestCaseSource(nameof(WithWeights))]
    public void Save_ThenLoadIntoFreshAdapters_GivesTheSameOutputs(AdapterKind kind)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var encoder = Encoder(kind);
        var options = new AdapterOptions { Kind = kind, AllowLargerShare = true, LearnableScale = true };
        Tensor expected;
        using (var adapters = AdapterSet.Attach(encoder, options, RandomStream.For(1, "adapters")))
        {
            Disturb(adapters);
            expected = encoder.Extract(Images()).Cls;
            adapters.Save(folder.File("adapters.safetensors"), "abc");
        }

        using var other = AdapterSet.Attach(encoder, options, RandomStream.For(2, "adapters"));
        other.Train(false);
        Assert.That((encoder.Extract(Images()).Cls - expected).abs().max().ReadDouble(), Is.GreaterThan(0));
        other.Load(folder.File("adapters.safetensors"), "abc");
        Assert.That((encoder.Extract(Images()).Cls - expected).abs().max().ReadDouble(), Is.Zero);
        Assert.That(
            () => other.Load(folder.File("adapters.safetensors"), "def"),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("abc").And.Message.Contains("def"));
    }

    [Test]
    public void Load_OfAnotherKind_NamesWhatDoesNotFit()
    {
        using var folder = new TemporaryFolder();
        using var encoder = Encoder(AdapterKind.Lora);
        using (var adapters = AdapterSet.Attach(encoder, new AdapterOptions { Kind = AdapterKind.Lora, AllowLargerShare = true }, RandomStream.For(1, "adapters")))
        {
            adapters.Save(folder.File("adapters.safetensors"), "abc");
        }

        using var other = AdapterSet.Attach(encoder, new AdapterOptions { AllowLargerShare = true }, RandomStream.For(1, "adapters"));
        Assert.That(() => other.Load(folder.File("adapters.safetensors"), "abc"), Throws.TypeOf<CheckpointException>().With.Message.Contains("AdaptFormer").And.Message.Contains("lora_A"));
    }

    [Test]
    public void Merge_OfLora_LeavesTheOutputsAndNoAdapters()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var encoder = Encoder(AdapterKind.Lora);
        var plain = encoder.Extract(Images()).Cls;
        var adapters = AdapterSet.Attach(
            encoder,
            new AdapterOptions { Kind = AdapterKind.Lora, AllowLargerShare = true, LoraTargets = [LoraTarget.Query, LoraTarget.Key, LoraTarget.Value, LoraTarget.Output] },
            RandomStream.For(1, "adapters"));
        Disturb(adapters);
        var adapted = encoder.Extract(Images()).Cls;
        adapters.Merge();
        var merged = encoder.Extract(Images()).Cls;
        Assert.That((adapted - plain).abs().max().ReadDouble(), Is.GreaterThan(1e-3));
        Assert.That((merged - adapted).abs().max().ReadDouble(), Is.LessThan(1e-4));
        Assert.That(encoder.Module.parameters().All(parameter => parameter.requires_grad));
    }

    [TestCase(AdapterKind.AdaptFormer)]
    [TestCase(AdapterKind.None)]
    public void Merge_OfWhatCannotBeMerged_SaysWhy(AdapterKind kind)
    {
        using var encoder = Encoder(kind);
        using var adapters = AdapterSet.Attach(encoder, new AdapterOptions { Kind = kind, AllowLargerShare = true }, RandomStream.For(1, "adapters"));
        Assert.That(adapters.Merge, Throws.InvalidOperationException.With.Message.Contains("Only Lora"));
    }

    [TestCase(AdapterKind.AdaptFormer, 8, 78432, 0.003543346)]
    [TestCase(AdapterKind.AdaptFormer, 64, 595200, 0.026276085)]
    [TestCase(AdapterKind.Houlsby, 48, 895104, 0.038999498)]
    public void Share_OfViTSmall_IsThatOfTheReferenceCase(AdapterKind kind, int bottleneck, long count, double share)
    {
        using var encoder = BackboneFactory.Create(BackboneArchitectures.Get("vit_small_patch14", 518));
        using var adapters = AdapterSet.Attach(encoder, new AdapterOptions { Kind = kind, Bottleneck = bottleneck }, RandomStream.For(1, "adapters"));
        Assert.That(adapters.ParameterCount, Is.EqualTo(count));
        Assert.That(adapters.Share, Is.EqualTo(share).Within(1e-8));
    }

    [Test]
    public void Attach_AboveTheShare_IsRefusedUnlessAskedForByName()
    {
        using var encoder = BackboneFactory.Create(BackboneArchitectures.Get("vit_small_patch14", 518));
        var options = new AdapterOptions { Kind = AdapterKind.Houlsby, Bottleneck = 64 };
        Assert.That(
            () => AdapterSet.Attach(encoder, options, RandomStream.For(1, "adapters")),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("5.12").And.Message.Contains("allow_larger_share"));
        Assert.That(encoder.Module.parameters().All(parameter => parameter.requires_grad), "a refused set leaves the encoder as it was");
        using var allowed = AdapterSet.Attach(encoder, options with { AllowLargerShare = true }, RandomStream.For(1, "adapters"));
        Assert.That(allowed.Share, Is.GreaterThan(0.05));
    }

    [TestCase("vit_small_patch14", AdapterKind.AdaptFormer, 64)]
    [TestCase("vit_small_patch14", AdapterKind.Houlsby, 48)]
    [TestCase("resnet50", AdapterKind.Convolution, 24)]
    public void Attach_WithoutAWidth_TakesTheWidestUnderTheShare(string architecture, AdapterKind kind, int expected)
    {
        using var encoder = BackboneFactory.Create(BackboneArchitectures.Get(architecture, 518));
        using var adapters = AdapterSet.Attach(encoder, new AdapterOptions { Kind = kind }, RandomStream.For(1, "adapters"));
        Assert.That((adapters.Options.Bottleneck, adapters.Share <= 0.04), Is.EqualTo((expected, true)));
    }

    // Norms take 1,728 of the numbers that the share allows.
    [TestCase(false, 24)]
    [TestCase(true, 16)]
    public void Attach_WithoutAWidth_LeavesRoomForTheNorms(bool norms, int expected)
    {
        using var encoder = BackboneFactory.Create(new BackboneConfig { Family = "vit", Architecture = "vit_custom", ImageSize = 48, PatchSize = 8, EmbedDim = 96, Depth = 4, Heads = 3 });
        using var adapters = AdapterSet.Attach(encoder, new AdapterOptions { TrainNorms = norms }, RandomStream.For(1, "adapters"));
        Assert.That((adapters.Options.Bottleneck, adapters.Share <= 0.04), Is.EqualTo((expected, true)));
    }

    [Test]
    public void Attach_BitFit_TrainsTheBiasesOfTheEncoder()
    {
        using var encoder = Encoder(AdapterKind.BitFit);
        using var adapters = AdapterSet.Attach(encoder, new AdapterOptions { Kind = AdapterKind.BitFit }, RandomStream.For(1, "adapters"));
        foreach (var (name, parameter) in encoder.Module.named_parameters())
        {
            Assert.That(parameter.requires_grad, Is.EqualTo(name.EndsWith(".bias", StringComparison.Ordinal)), name);
        }
    }

    [TestCase(AdapterKind.Houlsby, 5 * 96)]
    [TestCase(AdapterKind.None, 5 * 96)]
    [TestCase(AdapterKind.Convolution, 0)]
    public void Attach_TrainNorms_TrainsScalesAndShiftsOfTheNormsToo(AdapterKind kind, int numbers)
    {
        using var encoder = Encoder(kind);
        long Trained() => encoder.Module.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel());
        var options = new AdapterOptions { Kind = kind, AllowLargerShare = true };
        long without;
        using (var plain = AdapterSet.Attach(encoder, options, RandomStream.For(1, "adapters")))
        {
            without = plain.ParameterCount;
            Assert.That(Trained(), Is.Zero);
        }

        using var adapters = AdapterSet.Attach(encoder, options with { TrainNorms = true }, RandomStream.For(1, "adapters"));
        Assert.That(Trained(), numbers > 0 ? Is.EqualTo(numbers) : Is.GreaterThan(0));
        Assert.That(adapters.ParameterCount - without, Is.EqualTo(Trained()), "they count in the share");
        Assert.That(encoder.Module.named_parameters().Where(entry => entry.parameter.requires_grad).All(entry => entry.parameter.dim() == 1));
    }

    [Test]
    public void Save_WithTrainedNorms_KeepsThemBesideTheAdapters()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var options = new AdapterOptions { Kind = AdapterKind.Houlsby, AllowLargerShare = true, TrainNorms = true };
        using var encoder = Encoder(AdapterKind.Houlsby);
        using var adapters = AdapterSet.Attach(encoder, options, RandomStream.For(1, "adapters"));
        Disturb(adapters);
        adapters.Save(folder.File("adapters.safetensors"), "abc");
        using var otherEncoder = Encoder(AdapterKind.Houlsby);
        using var other = AdapterSet.Attach(otherEncoder, options, RandomStream.For(2, "adapters"));
        other.Load(folder.File("adapters.safetensors"), "abc");
        adapters.Train(false);
        other.Train(false);
        Assert.That((otherEncoder.Extract(Images()).Cls - encoder.Extract(Images()).Cls).abs().max().ReadDouble(), Is.Zero);
    }

    [TestCase(AdapterKind.Convolution, AdapterKind.AdaptFormer)]
    [TestCase(AdapterKind.AdaptFormer, AdapterKind.Convolution)]
    public void Attach_KindThatDoesNotFit_IsRefused(AdapterKind encoderOf, AdapterKind kind)
    {
        using var encoder = Encoder(encoderOf);
        Assert.That(() => AdapterSet.Attach(encoder, new AdapterOptions { Kind = kind }, RandomStream.For(1, "adapters")), Throws.TypeOf<ConfigurationException>().With.Message.Contains("does not fit"));
    }

    [TestCase(AdapterKind.AdaptFormer)]
    [TestCase(AdapterKind.Lora)]
    [TestCase(AdapterKind.Convolution)]
    public void Dropout_WhileTraining_ChangesOutputsAndRepeatsWithItsSeed(AdapterKind kind)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var encoder = Encoder(kind);
        Tensor Run(double dropout, bool train)
        {
            using var adapters = AdapterSet.Attach(encoder, new AdapterOptions { Kind = kind, Dropout = dropout, AllowLargerShare = true }, RandomStream.For(1, "adapters"));
            Disturb(adapters);
            adapters.Train(train);
            return encoder.Extract(Images()).Cls;
        }

        var still = Run(0.5, train: false);
        Assert.That((Run(0, train: true) - still).abs().max().ReadDouble(), Is.Zero);
        Assert.That((Run(0.5, train: true) - still).abs().max().ReadDouble(), Is.GreaterThan(0));
        Assert.That((Run(0.5, train: true) - Run(0.5, train: true)).abs().max().ReadDouble(), Is.Zero);
    }

    private static IBackbone Encoder(AdapterKind kind)
    {
        var config = kind == AdapterKind.Convolution
            ? new BackboneConfig { Family = "resnet", Architecture = "resnet_custom", PatchSize = 32, MaskToken = false, ImageSize = 64, EmbedDim = 512, Depth = 1 }
            : new BackboneConfig { Family = "vit", Architecture = "vit_custom", ImageSize = 32, PatchSize = 8, EmbedDim = 48, Depth = 2, Heads = 3 };
        var encoder = BackboneFactory.Create(config, RandomStream.For(3, "encoder"));
        encoder.Module.eval();
        return encoder;
    }

    private static Tensor Images()
    {
        using var flat = tensor(GoldenCase.Fill("images", 2 * 3 * 64 * 64, 1, 0));
        return flat.reshape(2, 3, 64, 64);
    }

    private static void Disturb(AdapterSet adapters)
    {
        using var noGrad = no_grad();
        int i = 0;
        foreach (var (_, parameter) in adapters.Parameters)
        {
            WeightInitialization.Normal(parameter, RandomStream.For(7, "disturb", i++), 0, 0.3);
        }

        adapters.Train(false);
    }
}
