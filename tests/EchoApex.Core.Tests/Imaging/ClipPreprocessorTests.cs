using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Imaging;

[NoTensorLeaks]
public sealed class ClipPreprocessorTests
{
    private static readonly Preprocessing Whole = new() { ImageSize = 8, CropToSector = false };

    private static float[] Run(Preprocessing preprocessing, EchoClip clip, params int[] frames)
    {
        using var result_TCSS = new ClipPreprocessor(preprocessing).ToTensor(clip, frames);
        Assert.That(result_TCSS.shape, Is.EqualTo(new long[] { frames.Length, 3, preprocessing.ImageSize, preprocessing.ImageSize }));
        return result_TCSS.data<float>().ToArray();
    }

    [Test]
    public void ToTensor_ByChannel_SubtractsMeanAndDividesByStd()
    {
        float[] values = Run(Whole with { Mean = [0.5, 0.25, 0], Std = [0.5, 0.25, 1], Fit = SquareFit.Stretch }, SyntheticClips.Flat(51), 0);
        Assert.Multiple(() =>
        {
            Assert.That(values[..64], Has.All.EqualTo(-0.6f).Within(1e-6));
            Assert.That(values[64..128], Has.All.EqualTo(-0.2f).Within(1e-6));
            Assert.That(values[128..], Has.All.EqualTo(0.2f).Within(1e-6));
        });
    }

    [Test]
    public void ToTensor_WithPad_CentresThePictureOnBlack()
    {
        // 40 x 60 fills 8 columns and 5 rows, from row 1.
        float[] values = Run(Whole with { Mean = [0, 0, 0], Std = [1, 1, 1] }, SyntheticClips.Flat(255), 0);
        bool[] rows = [.. Enumerable.Range(0, 8).Select(row => values[row * 8] == 1)];
        Assert.That(rows, Is.EqualTo(new[] { false, true, true, true, true, true, false, false }));
    }

    [Test]
    public void ToTensor_OfColour_KeepsChannelsUnlessGray()
    {
        byte[] pixels = [.. Enumerable.Range(0, 64).SelectMany(_ => new byte[] { 255, 0, 51 })];
        var clip = new EchoClip(new MemoryFrameStore(pixels, 1, 8, 8, 3), new ClipOrigin("memory", "memory"));
        var plain = Whole with { Mean = [0, 0, 0], Std = [1, 1, 1] };
        float[] color = Run(plain with { Grayscale = false }, clip, 0);
        float[] gray = Run(plain, clip, 0);
        Assert.Multiple(() =>
        {
            Assert.That(new[] { color[0], color[64], color[128] }, Is.EqualTo(new[] { 1f, 0f, 0.2f }).Within(1e-6));
            Assert.That(new[] { gray[0], gray[64], gray[128] }, Has.All.EqualTo(82 / 255f).Within(1e-6));
        });
    }

    [Test]
    public void ToTensor_ByImage_StandardisesTheSectorAndZeroesTheRest()
    {
        var preprocessing = new Preprocessing { ImageSize = 64, Normalization = Normalization.Image };
        float[] values = Run(preprocessing, SyntheticClips.Fan(8, moving: true), 3);
        float[] inside = [.. values[..(64 * 64)].Where(value => value != 0)];
        Assert.Multiple(() =>
        {
            Assert.That(inside.Length, Is.InRange(64 * 64 * 0.4, 64 * 64 * 0.9));
            Assert.That(inside.Average(), Is.Zero.Within(0.02));
            Assert.That(Math.Sqrt(inside.Average(value => value * value)), Is.EqualTo(1).Within(0.02));
            Assert.That(values[0], Is.Zero);
        });
    }

    [Test]
    public void ToTensor_ByImageOfFlatPicture_GivesZeros() =>
        Assert.That(Run(Whole with { Normalization = Normalization.Image }, SyntheticClips.Flat(77), 0), Has.All.Zero);

    [Test]
    public void ToTensor_OfSeveralFrames_KeepsTheirOrder()
    {
        var clip = new EchoClip(new MemoryFrameStore([.. Enumerable.Range(0, 3).SelectMany(t => Enumerable.Repeat((byte)(t * 51), 64))], 3, 8, 8, 1), new ClipOrigin("memory", "memory"));
        float[] values = Run(Whole with { Mean = [0, 0, 0], Std = [1, 1, 1] }, clip, 2, 0, 1);
        Assert.That(new[] { values[0], values[192], values[384] }, Is.EqualTo(new[] { 0.4f, 0f, 0.2f }).Within(1e-6));
    }

    [Test]
    public void ToPicture_WithSector_HasNoText()
    {
        var clip = SyntheticClips.Fan(8, moving: true);
        byte[] picture = new ClipPreprocessor(new Preprocessing { ImageSize = 96 }).ToPicture(clip, 0);
        Assert.Multiple(() =>
        {
            Assert.That(picture, Has.Length.EqualTo(96 * 96));
            Assert.That(picture.Max(), Is.LessThan(200), "text is 255, the fan at most 156");
            Assert.That(picture.Count(value => value > 50), Is.GreaterThan(96 * 96 / 3));
        });
    }

    [Test]
    public void ToTensor_WithoutSector_FailsClosed() =>
        Assert.That(() => Run(new Preprocessing { ImageSize = 8 }, SyntheticClips.Flat(0), 0), Throws.InstanceOf<DataException>());

    [Test]
    public void Constructor_OfInvalidValues_NamesThem() =>
        Assert.That(() => new ClipPreprocessor(new Preprocessing { ImageSize = -1 }), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("image_size"));

    [TestCase(SquareFit.Pad)]
    [TestCase(SquareFit.Stretch)]
    public void ToMask_OfTheFramesOwnPixels_LiesWhereThePictureLies(SquareFit fit)
    {
        // The frame's bright half as its own mask: after the same steps the two must cover each other.
        var clip = SyntheticClips.Fan(8, moving: true);
        var preprocessor = new ClipPreprocessor(new Preprocessing { ImageSize = 56, Fit = fit });
        byte[] mask = [.. Enumerable.Range(0, clip.Height * clip.Width).Select(i => SyntheticClips.IsInFan(i % clip.Width, i / clip.Width) ? (byte)3 : (byte)0)];
        byte[] labels = preprocessor.ToMask(clip, mask);
        byte[] picture = preprocessor.ToPicture(clip, 0);
        int different = Enumerable.Range(0, labels.Length).Count(i => labels[i] == 3 != picture[i] > 40);
        Assert.That(labels.Distinct().Order(), Is.EqualTo(new byte[] { 0, 3 }));
        Assert.That(different, Is.LessThan(40), "the rim alone, of 3,136 pixels");
        Assert.That(() => preprocessor.ToMask(clip, mask.AsSpan(1).ToArray()), Throws.ArgumentException.With.Message.Contains("200 x 260"));
    }
}
