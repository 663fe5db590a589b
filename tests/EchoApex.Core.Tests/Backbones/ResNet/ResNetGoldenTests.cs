using EchoApex.Core.Backbones;
using EchoApex.Core.Backbones.ResNet;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Backbones.ResNet;

/// <summary>ResNet50 agrees with torchvision in every summary, running statistics included.</summary>
[NoTensorLeaks]
public sealed class ResNetGoldenTests
{
    [Test]
    public void Extract_ResNet50InBothModes_EqualsTorchvision()
    {
        var golden = new GoldenComparison("resnet50_in224");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = (ResNetBackbone)BackboneFactory.Create(BackboneArchitectures.Get("resnet50"));
        golden.FillWeights(backbone, "fc.weight", "fc.bias");
        long parameters = backbone.parameters().Sum(parameter => parameter.numel());
        Assert.That(parameters, Is.EqualTo(golden.Case.Json.GetProperty("scalars").GetProperty("n_params_without_fc").GetInt64()));

        backbone.eval();
        CompareMode(golden, backbone, "eval", golden.Input("rn.img"));
        using (var features = backbone.Extract(golden.Input("rn.img")))
        {
            golden.Compare("eval.pool", features.Cls);
        }

        backbone.train();
        var images = golden.Input("rn.img64");
        foreach (var stage in backbone.ExtractIntermediate(images, [0, 3]))
        {
            stage.Dispose();
        }

        // One forward in train mode moves the running statistics once; the next ones do not change outputs.
        var state = backbone.state_dict();
        golden.CompareSummary("train64.after.bn1.running_mean", state["bn1.running_mean"]);
        golden.CompareSummary("train64.after.bn1.running_var", state["bn1.running_var"]);
        golden.CompareSummary("train64.after.layer4.2.bn3.running_var", state["layer4.2.bn3.running_var"]);
        Assert.That(state["layer4.2.bn3.num_batches_tracked"].item<long>(), Is.EqualTo(1));
        CompareMode(golden, backbone, "train64", images);
        golden.AssertComplete();
    }

    private static void CompareMode(GoldenComparison golden, ResNetBackbone backbone, string mode, Tensor images)
    {
        golden.CompareSummary(mode + ".stem", backbone.Stem(images));
        foreach (var stage in backbone.ExtractIntermediate(images, [0, 1, 2, 3]))
        {
            using (stage)
            {
                golden.CompareSummary($"{mode}.layer{stage.Index + 1}", stage.Map);
            }
        }

        using var features = backbone.Extract(images);
        golden.CompareSummary(mode + ".pool", features.Cls);
        golden.CompareSummary(mode + ".fc", nn.functional.linear(features.Cls, golden.Parameter("fc.weight"), golden.Parameter("fc.bias")));
    }
}
