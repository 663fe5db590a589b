using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets;
using EchoApex.Core.Embedding;
using EchoApex.Core.Evaluation;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Heads.Evaluation;
using EchoApex.Testing;

namespace EchoApex.Heads.Tests.Evaluation;

[NoTensorLeaks]
public sealed class FeatureExtractorTests
{
    private static readonly BackboneConfig Tiny = new() { Family = "vit", Architecture = "tiny", ImageSize = 32, PatchSize = 8, EmbedDim = 24, Depth = 2, Heads = 3 };

    [Test]
    public void Extract_EncoderAndPixels_GivesTheEmbeddersTokensInTheOrderOfTheList()
    {
        using var folder = new TemporaryFolder();
        PhantomSetWriter.Write(folder.File("set"), new PhantomSetOptions { Count = 3, Avi = false, Clip = new PhantomOptions { ImageSize = 64, Frames = 2 } });
        var list = LabelledClipList.Read(Path.Combine(folder.File("set"), "manifest.csv"));
        using var embedder = Embedder.Own(BackboneFactory.Create(Tiny, new RandomStream(1)), new Preprocessing { ImageSize = 32 });
        var reader = new LabelledFrameReader(list, list.LabelNames, embedder.Preprocessing, new LabelledFrameOptions { Pictures = true, Masks = true, BatchSize = 4 });
        var features = FeatureExtractor.Extract(reader, [new PixelFrameEncoder(8), new EmbedderFrameEncoder("vit", embedder)], clsMean: true, patches: true);

        var (pixels, vit) = (features[0], features[1]);
        float[] expected = embedder.Embed(ClipReader.Open(list.Clips[2].Path));
        Assert.That(vit.Cls.Subset([4, 5]).Values.ToArray(), Is.EqualTo(expected).Within(1e-5));
        Assert.That(vit.Cls.Labels.Select(label => list.LabelNames[label]), Is.EqualTo(new[] { "A4C", "A4C", "A2C", "A2C", "A5C", "A5C" }));
        Assert.That(vit.ClsMean!.Dimension, Is.EqualTo(48));
        Assert.That(vit.ClsMean.Row(4)[..24].ToArray(), Is.EqualTo(expected[..24]).Within(1e-5));
        Assert.That((vit.Patches!.FrameCount, vit.Patches.PatchCount, vit.Patches.Dimension), Is.EqualTo((6, 16, 24)));
        var frame = vit.Patches.FrameTable(4, ["background"]);
        float[] mean = [.. Enumerable.Range(0, 24).Select(d => Enumerable.Range(0, 16).Average(n => frame.Row(n)[d]))];
        Assert.That(vit.ClsMean.Row(4)[24..].ToArray(), Is.EqualTo(mean).Within(1e-5));

        Assert.That((pixels.Cls.Dimension, pixels.ClsMean, pixels.Patches!.Dimension), Is.EqualTo((256, (FeatureTable?)null, 64 + 16)));
        var patch = pixels.Patches.FrameTable(4, ["background"]).Row(9);
        byte[] picture = new ClipPreprocessor(embedder.Preprocessing).ToPicture(ClipReader.Open(list.Clips[2].Path), 0);
        Assert.That(patch[11], Is.EqualTo(picture[((16 + 1) * 32) + 8 + 3] / 255f), "row 1, column 3 of the patch in row 2, column 1");
        Assert.That(patch[64..].ToArray(), Is.EqualTo(Enumerable.Range(0, 16).Select(i => i == 9 ? 1f : 0f)));
    }
}
