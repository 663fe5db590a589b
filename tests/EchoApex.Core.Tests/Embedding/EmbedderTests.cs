using EchoApex.Core.Backbones;
using EchoApex.Core.Embedding;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Core.Tests.Embedding;

[NoTensorLeaks]
public sealed class EmbedderTests
{
    private static readonly BackboneConfig Tiny = new() { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };
    private static readonly Preprocessing Plain = new() { ImageSize = 32, CropToSector = false };

    [Test]
    public void Embed_ClipInAnyBatchSize_EqualsOneFrameAtATime()
    {
        using var backbone = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var embedder = new Embedder(backbone, Plain);
        var clip = Clip(5);
        float[] all = embedder.Embed(clip, batchSize: 3);
        Assert.That(all, Has.Length.EqualTo(5 * 24));
        for (int frame = 0; frame < 5; frame++)
        {
            Assert.That(embedder.Embed(clip, [frame]), Is.EqualTo(all[(frame * 24)..((frame + 1) * 24)]).Within(1e-5));
        }

        Assert.That(all[..24], Is.Not.EqualTo(all[24..48]).Within(1e-3), "frames differ");
    }

    [Test]
    public void Embed_Frames_KeepsTheOrderAskedFor()
    {
        using var backbone = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var embedder = new Embedder(backbone, Plain);
        var clip = Clip(5);
        float[] all = embedder.Embed(clip);
        Assert.That(embedder.Embed(clip, [4, 1]), Is.EqualTo((float[])[.. all[96..120], .. all[24..48]]).Within(1e-5));
    }

    [Test]
    public void Embed_Images_EqualsTheBackbonesFeatures()
    {
        using var backbone = BackboneFactory.Create(Tiny, new RandomStream(1));
        using var embedder = new Embedder(backbone, Plain);
        using var scope = NewDisposeScope();
        var images = GoldenCase.FillTensor("images", [2, 3, 32, 48], 1, 0);
        var batch = embedder.Embed(images, patches: true);
        using var features = backbone.Extract(images);
        Assert.That((batch.GridHeight, batch.GridWidth), Is.EqualTo((4, 6)));
        Assert.That(batch.Cls.ToArray(), Is.EqualTo(features.Cls.data<float>().ToArray()));
        Assert.That(batch.Patches.ToArray(), Is.EqualTo(features.Patches.data<float>().ToArray()));
        Assert.That(embedder.Embed(images).Patches.IsEmpty);
    }

    [Test]
    public void Constructor_ImageSizeNoMultipleOfThePatch_SaysBoth()
    {
        using var backbone = BackboneFactory.Create(Tiny, new RandomStream(1));
        Assert.That(() => new Embedder(backbone, Plain with { ImageSize = 36 }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("36").And.Message.Contains("8 pixels"));
    }

    [TestCase(10, null, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    [TestCase(3, 5, new[] { 0, 1, 2 })]
    [TestCase(10, 1, new[] { 5 })]
    [TestCase(10, 2, new[] { 2, 7 })]
    [TestCase(9, 3, new[] { 1, 4, 7 })]
    public void Spread_FramesWanted_TakesTheMiddlesOfEqualParts(int frames, int? wanted, int[] expected) =>
        Assert.That(FrameSelection.Spread(frames, wanted), Is.EqualTo(expected));

    private static EchoClip Clip(int frames)
    {
        byte[] pixels = new byte[frames * 40 * 40];
        var random = new RandomStream(7);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)random.NextInt32(256);
        }

        return new EchoClip(new MemoryFrameStore(pixels, frames, 40, 40, 1), new ClipOrigin("test", "memory"));
    }
}
