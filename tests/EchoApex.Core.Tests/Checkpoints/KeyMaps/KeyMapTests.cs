using EchoApex.Core.Checkpoints;
using EchoApex.Core.Checkpoints.KeyMaps;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Checkpoints.KeyMaps;

public sealed class KeyMapTests
{
    private static readonly string[] Transformer =
    [
        "cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias",
        "blocks.0.norm1.weight", "blocks.0.attn.qkv.weight", "blocks.11.mlp.fc2.bias", "norm.weight", "norm.bias",
    ];

    private static readonly string[] ResNet = ["conv1.weight", "bn1.running_mean", "bn1.num_batches_tracked", "layer1.0.conv1.weight", "layer4.2.bn3.bias"];

    [TestCase("dinov2", "")]
    [TestCase("dinov2", "teacher.backbone.")]
    [TestCase("dinov2", "model.teacher.backbone.")]
    [TestCase("dinov2", "model.module.teacher.backbone.")]
    [TestCase("dino", "")]
    [TestCase("dino", "teacher.module.backbone.")]
    [TestCase("timm", "")]
    [TestCase("timm", "state_dict.")]
    [TestCase("timm", "model.")]
    public void Map_TransformerBehindAPrefix_FindsEveryKey(string family, string prefix)
    {
        var mapping = Map(family, Transformer.Select(key => prefix + key));
        Assert.That(mapping.Tensors.Keys, Is.EquivalentTo(Transformer));
        Assert.That(mapping.Tensors["norm.weight"].Source, Is.EqualTo(prefix + "norm.weight"));
        Assert.That(mapping.Prefix, Is.EqualTo(prefix));
        Assert.That(mapping.Dropped, Is.Empty);
    }

    [TestCase("torchvision", "")]
    [TestCase("torchvision", "model.")]
    [TestCase("dino", "teacher.backbone.")]
    [TestCase("timm", "")]
    public void Map_ResNet_FindsEveryKeyAndDropsTheHead(string family, string prefix)
    {
        var mapping = Map(family, ResNet.Append("fc.weight").Append("fc.bias").Select(key => prefix + key));
        Assert.That(mapping.Tensors.Keys, Is.EquivalentTo(ResNet));
        Assert.That(mapping.Dropped, Is.EquivalentTo(new[] { prefix + "fc.weight", prefix + "fc.bias" }));
    }

    [Test]
    public void Map_DinoV2ChunkedBlocks_CountsThroughAllChunks()
    {
        var mapping = Map("dinov2", ["patch_embed.proj.weight", "blocks.0.0.norm1.weight", "blocks.1.3.ls1.gamma", "blocks.3.11.attn.qkv.bias"]);
        Assert.That(mapping.Tensors.Keys, Is.EquivalentTo(new[] { "patch_embed.proj.weight", "blocks.0.norm1.weight", "blocks.3.ls1.gamma", "blocks.11.attn.qkv.bias" }));
        Assert.That(mapping.Tensors["blocks.11.attn.qkv.bias"].Source, Is.EqualTo("blocks.3.11.attn.qkv.bias"));
    }

    [Test]
    public void Map_DinoV2TwoKeysForOneBlock_Fails() =>
        Assert.That(
            () => Map("dinov2", ["patch_embed.proj.weight", "blocks.0.1.norm1.weight", "blocks.1.1.norm1.weight"]),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("blocks.0.1.norm1.weight"));

    [Test]
    public void Map_DinoV2TeacherCheckpoint_DropsTheHeads()
    {
        string[] heads = ["teacher.dino_head.mlp.0.weight", "teacher.dino_head.last_layer.weight_g", "teacher.ibot_head.mlp.0.weight"];
        var mapping = Map("dinov2", Transformer.Select(key => "teacher.backbone." + key).Concat(heads));
        Assert.That(mapping.Tensors.Keys, Is.EquivalentTo(Transformer));
        Assert.That(mapping.Dropped, Is.EquivalentTo(heads));
    }

    [TestCase("dinov2", "model.")]
    [TestCase("dino", "")]
    public void Map_StudentAndTeacher_TakesTheTeacher(string family, string wrapper)
    {
        string[] student = [.. Transformer.Select(key => wrapper + "student.module.backbone." + key)];
        string[] rest = [.. student, wrapper + "student.module.head.mlp.0.weight", wrapper + "teacher.head.mlp.0.weight", "optimizer.state.0.exp_avg", "dino_loss.center"];
        var mapping = Map(family, Transformer.Select(key => wrapper + "teacher.backbone." + key).Concat(rest));
        Assert.That(mapping.Tensors.Values.Select(tensor => tensor.Source), Has.All.StartsWith(wrapper + "teacher.backbone."));
        Assert.That(mapping.Tensors.Keys, Is.EquivalentTo(Transformer));
        Assert.That(mapping.Dropped, Is.EquivalentTo(rest));
    }

    [Test]
    public void Map_FsdpAndCompiledNames_AreUnwrapped()
    {
        var mapping = Map("dinov2", Transformer.Select(key => "_orig_mod.teacher.backbone." + key.Replace("blocks.", "blocks._fsdp_wrapped_module.", StringComparison.Ordinal)));
        Assert.That(mapping.Tensors.Keys, Is.EquivalentTo(Transformer));
    }

    [Test]
    public void Map_ShardedFsdpWeights_SaysToConsolidate() =>
        Assert.That(() => Map("dinov2", ["model.teacher.backbone._fsdp_wrapped_module._flat_param"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("Consolidate"));

    [Test]
    public void Map_TwoEncodersOfOneRank_NamesBoth() =>
        Assert.That(
            () => Map("dino", Transformer.Select(key => "first." + key).Concat(Transformer.Select(key => "second." + key))),
            Throws.TypeOf<CheckpointException>().With.Message.Contains("'first.'").And.Message.Contains("'second.'"));

    [Test]
    public void Map_NoEncoder_SaysWhatTheFileHolds() =>
        Assert.That(() => Map("timm", ["encoder.embeddings.weight"]), Throws.TypeOf<CheckpointException>().With.Message.Contains("encoder.embeddings.weight"));

    [Test]
    public void Map_UnknownKeys_StayUnexpected() =>
        Assert.That(Map("dinov2", Transformer.Append("rope.freqs")).Tensors.Keys, Does.Contain("rope.freqs"));

    [Test]
    public void Map_TimmRegisters_RenamesThemAndAddsTheClsSlot()
    {
        var tensors = Entries(Transformer.Append("head.weight").Append("fc_norm.weight"));
        tensors["pos_embed"] = new TensorEntry(ScalarType.Float32, [1, 1369, 384], 0, 0);
        tensors["reg_token"] = new TensorEntry(ScalarType.Float32, [1, 4, 384], 0, 0);
        var mapping = KeyMapCatalog.Get("timm").Map(tensors);
        Assert.That(mapping.Tensors["register_tokens"].Source, Is.EqualTo("reg_token"));
        Assert.That(mapping.Tensors["pos_embed"].Shape, Is.EqualTo(new long[] { 1, 1370, 384 }));
        Assert.That(mapping.Tensors["pos_embed"].Transform, Is.EqualTo(TensorTransform.PrependPositionSlot));
        Assert.That(mapping.Dropped, Is.EquivalentTo(new[] { "head.weight", "fc_norm.weight" }));
    }

    [Test]
    public void Map_TimmWithClsSlot_LeavesTheTableAsItIs()
    {
        var tensors = Entries(Transformer);
        tensors["pos_embed"] = new TensorEntry(ScalarType.Float32, [1, 197, 384], 0, 0);
        var mapping = KeyMapCatalog.Get("timm").Map(tensors);
        Assert.That(mapping.Tensors["pos_embed"].Shape, Is.EqualTo(new long[] { 1, 197, 384 }));
        Assert.That(mapping.Tensors["pos_embed"].Transform, Is.EqualTo(TensorTransform.None));
    }

    [Test]
    public void Map_TimmTableWithRegisterSlots_Fails()
    {
        var tensors = Entries(Transformer);
        tensors["pos_embed"] = new TensorEntry(ScalarType.Float32, [1, 201, 384], 0, 0);
        tensors["reg_token"] = new TensorEntry(ScalarType.Float32, [1, 4, 384], 0, 0);
        Assert.That(() => KeyMapCatalog.Get("timm").Map(tensors), Throws.TypeOf<CheckpointException>().With.Message.Contains("registers"));
    }

    [Test]
    public void Get_UnknownFamily_ListsTheFamilies() =>
        Assert.That(() => KeyMapCatalog.Get("mae"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("dinov2, dino, timm, torchvision"));

    private static KeyMapping Map(string family, IEnumerable<string> names) => KeyMapCatalog.Get(family).Map(Entries(names));

    private static Dictionary<string, TensorEntry> Entries(IEnumerable<string> names) =>
        names.ToDictionary(name => name, _ => new TensorEntry(ScalarType.Float32, [1], 0, 4));
}
