using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Layers;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Tasks;

[NoTensorLeaks]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TaskModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase(true)]
    [TestCase(false)]
    public void Load_WhatSaveWrote_GivesTheSameFeaturesAndHead(bool isAdapted)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var encoder = MakeBase();
        using var head = Head(1);
        using var adapters = isAdapted ? AdapterSet.Attach(encoder.Backbone, new AdapterOptions { Kind = AdapterKind.Lora, AllowLargerShare = true }, RandomStream.For(4, "adapters")) : null;
        foreach (var parameter in adapters?.Parameters.Select(entry => entry.Parameter) ?? encoder.Backbone.Module.parameters())
        {
            parameter.add_(0.01);
        }

        adapters?.Train(false);
        var expected = encoder.Backbone.Extract(Images()).Cls;
        TaskModelFolder.Save(_folder.File("model"), encoder.Backbone, encoder, adapters, head, Info());
        using var loaded = TaskModelFolder.Load(_folder.File("model"));
        using var other = Head(2);
        loaded.LoadHead(other);
        Assert.That((loaded.Encoder.Extract(Images()).Cls - expected).abs().max().ReadDouble(), Is.Zero);
        Assert.That((other.parameters().First() - head.parameters().First()).abs().max().ReadDouble(), Is.Zero);
        Assert.That(loaded.Info.Labels, Is.EqualTo(new[] { "A", "B" }));
        Assert.That(TaskModelFolder.ReadOptions<FrameAugmentationOptions>(loaded).Shift, Is.EqualTo(0.25));
        Assert.That(Directory.Exists(_folder.File("model/encoder")), Is.EqualTo(!isAdapted));
        Assert.That(new FileInfo(_folder.File("model/task.json")).Length, Is.LessThan(10_000));
    }

    [Test]
    public void Load_OfAdaptersWithoutTheirEncoder_NamesTheHashAndTheOption()
    {
        SaveAdapters();
        Directory.Move(_folder.File("base"), _folder.File("moved"));
        Assert.That(() => TaskModelFolder.Load(_folder.File("model")), Throws.TypeOf<CheckpointException>().With.Message.Contains("--base").And.Message.Contains("SHA-256"));
        using var found = TaskModelFolder.Load(_folder.File("model"), _folder.File("moved"));
        Assert.That(found.Info.Task, Is.EqualTo("view"));
    }

    [Test]
    public void Load_OfAdaptersWithAnotherEncoder_IsRefused()
    {
        SaveAdapters();
        using var found = TaskModelFolder.Load(_folder.File("model"));
        using var other = BackboneFactory.Create(found.Encoder.Config, RandomStream.For(8, "encoder"));
        ModelFolder.Save(_folder.File("other"), other, found.Info.Preprocessing, new ModelInfo { Name = "other" });
        Assert.That(() => TaskModelFolder.Load(_folder.File("model"), _folder.File("other")), Throws.TypeOf<CheckpointException>().With.Message.Contains("belongs to an encoder"));
    }

    [TestCase("{", "task.json")]
    [TestCase("{\"format_version\": 9}", "task.json")]
    public void Load_OfADamagedConfiguration_IsATypedError(string text, string named)
    {
        SaveAdapters();
        File.WriteAllText(_folder.File("model/task.json"), text);
        Assert.That(() => TaskModelFolder.Load(_folder.File("model")), Throws.InstanceOf<EchoApexException>().With.Message.Contains(named));
    }

    [Test]
    public void Load_OfAnEncoderFolder_SaysWhatItIsNot()
    {
        using var encoder = MakeBase();
        Assert.That(() => TaskModelFolder.Load(_folder.File("base")), Throws.TypeOf<CheckpointException>().With.Message.Contains("echoapex finetune"));
    }

    private void SaveAdapters()
    {
        using var encoder = MakeBase();
        using var head = Head(1);
        using var adapters = AdapterSet.Attach(encoder.Backbone, new AdapterOptions { AllowLargerShare = true }, RandomStream.For(4, "adapters"));
        TaskModelFolder.Save(_folder.File("model"), encoder.Backbone, encoder, adapters, head, Info());
    }

    private LoadedModel MakeBase()
    {
        using var encoder = BackboneFactory.Create(
            new BackboneConfig { Family = "vit", Architecture = "vit_custom", ImageSize = 32, PatchSize = 8, EmbedDim = 48, Depth = 2, Heads = 3 },
            RandomStream.For(3, "encoder"));
        ModelFolder.Save(_folder.File("base"), encoder, new Preprocessing { ImageSize = 32 }, new ModelInfo { Name = "small" });
        return ModelFolder.Load(_folder.File("base"));
    }

    private static Linear Head(ulong seed)
    {
        var head = new Linear(48, 2);
        head.Initialize(RandomStream.For(seed, "head"));
        return head;
    }

    private static TaskModelInfo Info() => new()
    {
        Task = "view",
        Name = "small: view",
        Labels = ["A", "B"],
        Options = TaskModelFolder.WriteOptions(new FrameAugmentationOptions { Shift = 0.25 }),
        Preprocessing = new Preprocessing { ImageSize = 32 },
        Encoder = new EncoderReference("", ""),
    };

    private static Tensor Images()
    {
        using var flat = tensor(GoldenCase.Fill("images", 2 * 3 * 32 * 32, 1, 0));
        return flat.reshape(2, 3, 32, 32);
    }
}
