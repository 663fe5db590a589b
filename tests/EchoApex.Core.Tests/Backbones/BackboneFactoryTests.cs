using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones;

[NoTensorLeaks]
public sealed class BackboneFactoryTests
{
    private static readonly BackboneConfig Small = new()
    {
        Family = "vit",
        Architecture = "small test",
        ImageSize = 64,
        PatchSize = 16,
        EmbedDim = 192,
        Depth = 2,
        Heads = 3,
        Registers = 4,
        LayerScale = 1e-5,
    };

    private static readonly BackboneConfig ResNet = new() { Family = "resnet", Architecture = "small test", PatchSize = 32, EmbedDim = 64, Depth = 2, MaskToken = false };

    [Test]
    public void Create_WithSeveralFaults_NamesThemAll()
    {
        var config = Small with { Heads = 5, Depth = 0, DropPathRate = 1, MlpRatio = double.NaN, Registers = -1 };
        var error = Assert.Throws<ConfigurationException>(() => BackboneFactory.Create(config));
        Assert.That(error!.Faults, Has.Count.EqualTo(5));
        Assert.That(error.Message, Does.Contain("Heads is 5").And.Contain("Depth is 0").And.Contain("DropPathRate is 1").And.Contain("MlpRatio").And.Contain("Registers is -1"));
    }

    private static IEnumerable<BackboneConfig> HostileConfigs() =>
    [
        Small with { Family = "mamba" },
        Small with { Family = "resnet" },
        ResNet with { EmbedDim = 48 },
        ResNet with { Depth = 0 },
        ResNet with { EmbedDim = 0, Depth = 0 },
        ResNet with { Architecture = "resnet50" },
        ResNet with { EmbedDim = int.MaxValue / 32 * 32 },
        Small with { EmbedDim = int.MaxValue, Heads = 1 },
        Small with { EmbedDim = 8192, Heads = 1, Depth = 128 },
        Small with { ImageSize = 4096, PatchSize = 1 },
        Small with { PatchSize = 0 },
        Small with { ImageSize = 65 },
        Small with { InputChannels = 0 },
        Small with { LayerScale = double.PositiveInfinity },
        Small with { InterpolateOffset = -0.1 },
    ];

    [TestCaseSource(nameof(HostileConfigs))]
    public void Create_OfAConfigurationThatCannotBe_IsOneErrorBeforeAnyAllocation(BackboneConfig config) =>
        Assert.That(() => BackboneFactory.Create(config), Throws.TypeOf<ConfigurationException>());

    [Test]
    public void Create_OfDinov2WithInitialization_FollowsTheReferencesDistributions()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(Small, new RandomStream(7));
        var state = backbone.Module.state_dict();
        AssertNormal(state["pos_embed"], 0.02);
        AssertNormal(state["cls_token"], 1e-6);
        AssertNormal(state["register_tokens"], 1e-6);
        foreach (string layer in new[] { "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2" })
        {
            AssertNormal(state[$"blocks.1.{layer}.weight"], 0.02);
            AssertConstant(state[$"blocks.1.{layer}.bias"], 0);
        }

        double bound = 1 / Math.Sqrt(3 * 16 * 16);
        AssertUniform(state["patch_embed.proj.weight"], bound);
        AssertUniform(state["patch_embed.proj.bias"], bound);
        AssertConstants(state, "blocks.1.", "ls1.gamma");
        AssertConstant(state["mask_token"], 0);
    }

    [Test]
    public void Create_OfTheFirstVersion_DrawsTheClsTokenLikeThePositions()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(Small with { LayerScale = null, MaskToken = false, Registers = 0 }, new RandomStream(7));
        AssertNormal(backbone.Module.state_dict()["cls_token"], 0.02);
    }

    [Test]
    public void Create_WithoutInitialization_StillSetsWhatStartsConstant()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(Small);
        var state = backbone.Module.state_dict();
        AssertConstants(state, "blocks.0.", "ls2.gamma");
        AssertConstant(state["mask_token"], 0);
        AssertConstant(state["norm.weight"], 1);
    }

    [Test]
    public void Create_OfResNet50_FollowsTorchvisionsDistributions()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("resnet50"), new RandomStream(7));
        var state = backbone.Module.state_dict();
        AssertNormal(state["conv1.weight"], Math.Sqrt(2.0 / (64 * 49)));
        AssertNormal(state["layer3.0.conv2.weight"], Math.Sqrt(2.0 / (256 * 9)));
        AssertNormal(state["layer4.0.downsample.0.weight"], Math.Sqrt(2.0 / 2048));
        AssertConstant(state["layer2.1.bn3.weight"], 1);
        AssertConstant(state["layer2.1.bn3.bias"], 0);
        AssertConstant(state["bn1.running_mean"], 0);
        AssertConstant(state["bn1.running_var"], 1);
        Assert.That(state["bn1.num_batches_tracked"].item<long>(), Is.Zero);
    }

    [Test]
    public void Create_FromOneSeed_GivesOneNetwork()
    {
        using var scope = NewDisposeScope();
        using var first = BackboneFactory.Create(Small, new RandomStream(3));
        using var second = BackboneFactory.Create(Small, new RandomStream(3));
        using var third = BackboneFactory.Create(Small, new RandomStream(4));
        Assert.That(Values(second), Is.EqualTo(Values(first)));
        Assert.That(Values(third), Is.Not.EqualTo(Values(first)));
    }

    [Test]
    public void Create_InsideADisposeScope_OutlivesIt()
    {
        IBackbone backbone;
        using (NewDisposeScope())
        {
            backbone = BackboneFactory.Create(Small, new RandomStream(3));
        }

        using (backbone)
        {
            using var scope = NewDisposeScope();
            using var features = backbone.Extract(zeros(1, 3, 64, 64));
            Assert.That(features.Cls.isfinite().all().item<bool>(), Is.True);
        }
    }

    private static float[] Values(IBackbone backbone) => [.. backbone.Module.state_dict().Values.SelectMany(value => value.detach().data<float>().ToArray())];

    private static void AssertConstants(Dictionary<string, Tensor> state, string prefix, string gamma)
    {
        AssertConstant(state[prefix + "norm1.weight"], 1);
        AssertConstant(state[prefix + "norm2.bias"], 0);
        AssertConstant(state[prefix + "attn.qkv.bias"], 0);
        AssertConstant(state[prefix + gamma], 1e-5f);
    }

    private static void AssertConstant(Tensor tensor, float value) =>
        Assert.That(tensor.detach().data<float>().ToArray(), Is.All.EqualTo(value));

    // Four standard errors of the estimates.
    private static void AssertNormal(Tensor tensor, double std)
    {
        double[] values = [.. tensor.detach().to(float64).flatten().data<double>()];
        double mean = values.Average();
        double found = Math.Sqrt(values.Average(value => value * value));
        Assert.That(mean, Is.EqualTo(0).Within(4 * std / Math.Sqrt(values.Length)), "mean");
        Assert.That(found, Is.EqualTo(std).Within(4 * std / Math.Sqrt(2.0 * values.Length)), "standard deviation");
        Assert.That(values.Distinct().Count(), Is.GreaterThan(values.Length * 0.9));
    }

    private static void AssertUniform(Tensor tensor, double bound)
    {
        double[] values = [.. tensor.detach().to(float64).flatten().data<double>()];
        double std = bound / Math.Sqrt(3);
        Assert.That(values, Is.All.InRange(-bound, bound));
        Assert.That(Math.Sqrt(values.Average(value => value * value)), Is.EqualTo(std).Within(4 * std / Math.Sqrt(2.0 * values.Length)));
    }
}
