using EchoApex.Core.Adapters;
using EchoApex.Core.Backbones;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;
using EchoApex.Heads.Prediction;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Prediction;

/// <summary>One encoder for several models, and one pass for several tasks.</summary>
[NoTensorLeaks]
public sealed class SharedEncoderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [OneTimeSetUp]
    public void Make() => TinyModels.Write(_folder.File("models"), "view", "ef");

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Take_OfModelsWithEqualEncoders_PreparesOne()
    {
        using var view = TaskModelFolder.Load(Path.Combine(_folder.File("models"), "view"), null);
        using var fraction = TaskModelFolder.Load(Path.Combine(_folder.File("models"), "ef"), null);
        using (var pool = new EncoderPool(null))
        {
            Assert.That(pool.Take(fraction), Is.SameAs(pool.Take(view)));
        }

        using (no_grad())
        using (var one = ones(1))
        {
            fraction.Encoder.Module.parameters().Last().add_(one);
        }

        using var other = new EncoderPool(null);
        Assert.That(other.Take(fraction), Is.Not.SameAs(other.Take(view)), "one tensor differs");
    }

    [Test]
    public void Take_OfOneEncoderWithAdapters_SharesNone()
    {
        string path = _folder.File("base");
        using (var encoder = BackboneFactory.Create(new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 }, new RandomStream(1)))
        {
            ModelFolder.Save(path, encoder, new Preprocessing { ImageSize = 32, Normalization = Normalization.Image }, new ModelInfo { Name = "tiny" });
        }

        using var first = Adapted(1, AdapterKind.AdaptFormer);
        using var second = Adapted(2, AdapterKind.AdaptFormer);
        using var pool = new EncoderPool(null);
        Assert.That(pool.Take(first), Is.Not.SameAs(pool.Take(second)), "equal encoders, other adapters");

        // The head alone was trained: a set of adapters without any stands for the frozen encoder.
        using var third = Adapted(3, AdapterKind.None);
        using var fourth = Adapted(4, AdapterKind.None);
        Assert.That(pool.Take(third), Is.SameAs(pool.Take(fourth)), "equal encoders, no adapters");

        TaskModel Adapted(int seed, AdapterKind kind)
        {
            var model = ModelFolder.Load(path);
            var options = new AdapterOptions { Kind = kind, AllowLargerShare = true };
            var info = new TaskModelInfo { Task = "view", Name = "view", Labels = [], Options = TaskModelFolder.WriteOptions(new EchoApex.Heads.ViewClassification.ViewClassificationOptions()), Preprocessing = model.Preprocessing, Encoder = new EncoderReference("", ""), Adapters = options };
            return new TaskModel(path, info, model, AdapterSet.Attach(model.Backbone, options, RandomStream.For((ulong)seed, "adapters")));
        }
    }

    [Test]
    public void Extract_OfTheSameImages_AsksOnce()
    {
        using var scope = NewDisposeScope();
        using var encoder = BackboneFactory.Create(new BackboneConfig { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 }, new RandomStream(1));
        using var noGradient = no_grad();
        encoder.Module.eval();
        using var remembering = new RememberingEncoder(encoder);
        var images = rand(1, 3, 32, 32);
        using var first = remembering.Extract(images);
        first.Dispose();
        using (var again = remembering.Extract(images.clone()))
        using (var expected = encoder.Extract(images))
        {
            Assert.That(remembering.Passes, Is.EqualTo(1), "other memory, the same values");
            Assert.That(again.Cls.Equals(expected.Cls) && again.Patches.Equals(expected.Patches), Is.True);
        }

        images.add_(0.5);
        using (var changed = remembering.Extract(images))
        using (var expected = encoder.Extract(images))
        {
            Assert.That(remembering.Passes, Is.EqualTo(2), "the same memory, other values");
            Assert.That(changed.Cls.Equals(expected.Cls), Is.True);
        }

        remembering.Extract(images, zeros(1, 16, ScalarType.Bool)).Dispose();
        Assert.That(remembering.Passes, Is.EqualTo(2), "masked passes are not remembered");
    }
}
