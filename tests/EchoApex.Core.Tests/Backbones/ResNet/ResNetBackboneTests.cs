using EchoApex.Core.Backbones;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones.ResNet;

[NoTensorLeaks]
public sealed class ResNetBackboneTests
{
    [Test]
    public void StateDict_OfResNet50_HasTorchvisionsKeysWithoutClassifier()
    {
        var expected = new List<string> { "conv1.weight" };
        AddNorm(expected, "bn1");
        int[] blocks = [3, 4, 6, 3];
        for (int stage = 0; stage < 4; stage++)
        {
            for (int block = 0; block < blocks[stage]; block++)
            {
                string prefix = $"layer{stage + 1}.{block}.";
                for (int i = 1; i <= 3; i++)
                {
                    expected.Add($"{prefix}conv{i}.weight");
                    AddNorm(expected, $"{prefix}bn{i}");
                }

                if (block == 0)
                {
                    expected.Add(prefix + "downsample.0.weight");
                    AddNorm(expected, prefix + "downsample.1");
                }
            }
        }

        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("resnet50"));
        Assert.That(backbone.Module.state_dict().Keys, Is.EquivalentTo(expected));
        Assert.That(expected, Has.Count.EqualTo(318));
    }

    [Test]
    public void Extract_OfANarrowAndShortOne_HasItsWidthAndBlocks()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(
            new BackboneConfig { Family = "resnet", Architecture = "small test", PatchSize = 32, EmbedDim = 512, Depth = 2, MaskToken = false }, new RandomStream(1));
        using var features = backbone.Extract(GoldenCase.FillTensor("images", [2, 3, 64, 32], 1, 0));
        Assert.That(features.Cls.shape, Is.EqualTo(new long[] { 2, 512 }));
        Assert.That(backbone.FeatureDimension, Is.EqualTo(512));
        var state = backbone.Module.state_dict();
        Assert.That(state["conv1.weight"].shape, Is.EqualTo(new long[] { 16, 3, 7, 7 }));
        Assert.That(Enumerable.Range(1, 4).All(stage => state.ContainsKey($"layer{stage}.1.conv3.weight") && !state.ContainsKey($"layer{stage}.2.conv3.weight")), Is.True);
    }

    [Test]
    public void Extract_OfANonSquareImage_GivesTheLastMapAndItsMean()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("resnet50"), new RandomStream(1));
        backbone.Module.eval();
        var images = GoldenCase.FillTensor("images", [2, 3, 64, 96], 1, 0);
        using var features = backbone.Extract(images);
        using var last = backbone.ExtractIntermediate(images, [3])[0];
        Assert.That((features.GridHeight, features.GridWidth), Is.EqualTo((2, 3)));
        Assert.That(features.Patches.shape, Is.EqualTo(new long[] { 2, 6, 2048 }));
        Assert.That(last.Map.shape, Is.EqualTo(new long[] { 2, 2048, 2, 3 }));
        Assert.That(last.Cls, Is.Null);
        Assert.That(features.Patches.select(1, 4).contiguous().data<float>().ToArray(), Is.EqualTo(last.Map.select(2, 1).select(2, 1).contiguous().data<float>().ToArray()));
        GoldenCase.AssertClose(features.Cls, features.Patches.mean([1]), 1e-5, "mean of the patches");
    }

    [Test]
    public void Extract_WhileTraining_GivesEveryParameterAGradient()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("resnet50"), new RandomStream(1));
        using var features = backbone.Extract(GoldenCase.FillTensor("images", [2, 3, 64, 64], 1, 0));
        features.Cls.square().sum().backward();
        foreach (var (name, parameter) in backbone.Module.named_parameters())
        {
            using var gradient = parameter.grad;
            Assert.That(gradient is not null && gradient.isfinite().all().item<bool>(), Is.True, name);
        }
    }

    [Test]
    public void Extract_OfWhatDoesNotFit_SaysTheNumbers()
    {
        using var scope = NewDisposeScope();
        using var backbone = BackboneFactory.Create(BackboneArchitectures.Get("resnet50"));
        Assert.That(() => backbone.Extract(zeros(1, 3, 64, 72)), Throws.ArgumentException.With.Message.Contains("multiples of 32").And.Message.Contains("72"));
        Assert.That(() => backbone.Extract(zeros(1, 3, 64, 64), zeros([1, 4], @bool)), Throws.ArgumentException.With.Message.Contains("masks"));
        Assert.That(() => backbone.ExtractIntermediate(zeros(1, 3, 64, 64), [4]), Throws.ArgumentException.With.Message.Contains("0 to 3"));
    }

    private static void AddNorm(List<string> keys, string prefix) =>
        keys.AddRange(new[] { "weight", "bias", "running_mean", "running_var", "num_batches_tracked" }.Select(name => $"{prefix}.{name}"));
}
