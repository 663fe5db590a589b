using EchoApex.Core.Checkpoints;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Checkpoints;

[NoTensorLeaks]
public sealed class StateDictLoaderTests
{
    [Test]
    public void Load_MissingUnexpectedAndMisshapen_ListsAllAndChangesNothing()
    {
        using var backbone = TinyModel.Create();
        float[] before = TinyModel.Features(backbone);
        using var source = Save(backbone, state =>
        {
            state.Remove("norm.bias");
            state["norm.weight"] = zeros(7);
            state["cls_token"] = zeros(1, 1, 24);
            state["extra.weight"] = zeros(2);
        });
        Assert.That(
            () => StateDictLoader.Load(backbone.Module, source),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("missing (1): norm.bias").And.Message.Contains("unexpected (1): extra.weight").And.Message.Contains("misshapen (1): norm.weight is [7], expected [24]"));
        Assert.That(TinyModel.Features(backbone), Is.EqualTo(before));
    }

    [Test]
    public void Load_NotStrict_LoadsWhatFitsAndReportsTheRest()
    {
        using var backbone = TinyModel.Create();
        using var source = Save(backbone, state =>
        {
            state.Remove("norm.bias");
            state["norm.weight"] = full(24, 3.0, dtype: float16);
        });
        var report = StateDictLoader.Load(backbone.Module, source, new LoadOptions { Strict = false });
        Assert.That(report.Missing, Is.EqualTo(new[] { "norm.bias" }));
        Assert.That(report.Converted, Is.EqualTo(new[] { "norm.weight" }));
        Assert.That(report.IsComplete, Is.False);
        Assert.That(backbone.Module.state_dict()["norm.weight"].data<float>().ToArray(), Is.All.EqualTo(3f));
    }

    [Test]
    public void Load_AllowedToBeMissing_IsSetToZeroAndReported()
    {
        using var backbone = TinyModel.Create();
        using var source = Save(backbone, state => state.Remove("norm.bias"));
        using (NewDisposeScope())
        using (no_grad())
        {
            backbone.Module.state_dict()["norm.bias"].fill_(4);
        }

        var report = StateDictLoader.Load(backbone.Module, source, new LoadOptions { ZeroIfMissing = ["norm.bias"] });
        Assert.That(report.Zeroed, Is.EqualTo(new[] { "norm.bias" }));
        Assert.That(backbone.Module.state_dict()["norm.bias"].data<float>().ToArray(), Is.All.Zero);
    }

    [Test]
    public void Load_TableWithoutClsSlot_PutsAZeroSlotInFront()
    {
        using var backbone = TinyModel.Create();
        using var source = Save(backbone, state => state["pos_embed"] = arange(16 * 24, dtype: float32).reshape(1, 16, 24) + 1);
        var mapping = new TimmKeyMap().Map(source.Tensors);
        StateDictLoader.Load(backbone.Module, source, new LoadOptions { Mapping = mapping });
        float[] table = backbone.Module.state_dict()["pos_embed"].data<float>().ToArray();
        Assert.That(table[..24], Is.All.Zero);
        Assert.That(table[24..], Is.EqualTo(Enumerable.Range(1, 16 * 24).Select(i => (float)i)));
    }

    // The folder is deleted while the file is open: its bytes stay until it is closed.
    private static SafetensorsFile Save(Core.Backbones.IBackbone backbone, Action<Dictionary<string, Tensor>> change)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var state = backbone.Module.state_dict();
        change(state);
        SafetensorsWriter.Write(folder.File("x.safetensors"), state);
        return SafetensorsFile.Open(folder.File("x.safetensors"));
    }
}
