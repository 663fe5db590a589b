using EchoApex.Core.Imaging;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Tests.SelfDistillation;

public sealed class CropResamplerTests
{
    [Test]
    public void Resample_BoxOfTheTargetsSize_CopiesThePixels([Values] Interpolation interpolation)
    {
        var image = TestImages.Of(20, 30, (y, x) => 1 + ((y * 7) + (x * 3)) % 200);
        byte[] crop = new byte[64];
        CropResampler.Resample(image, new CropBox(5, 4, 8, 8), 0, interpolation, 8, crop);
        Assert.That(crop, Is.EqualTo(Enumerable.Range(0, 64).Select(i => image.Pixels.Span[((4 + (i / 8)) * 30) + 5 + (i % 8)])));
    }

    [Test]
    public void Resample_Shrinking_AveragesOverTheArea([Values(Interpolation.Area, Interpolation.Cubic)] Interpolation interpolation)
    {
        // A checkerboard at pixel scale: without antialiasing it would alias to black or white.
        var image = TestImages.Of(64, 64, (y, x) => ((x + y) & 1) == 0 ? 200 : 100);
        byte[] crop = new byte[16 * 16];
        CropResampler.Resample(image, new CropBox(0, 0, 64, 64), 0, interpolation, 16, crop);
        Assert.That(crop, Has.All.EqualTo((byte)150));
    }

    [Test]
    public void Resample_ShrinkingOneAxisAlone_StillAverages([Values(Interpolation.Area, Interpolation.Cubic)] Interpolation interpolation)
    {
        var image = TestImages.Of(16, 64, (_, x) => (x & 1) == 0 ? 200 : 100);
        byte[] crop = new byte[32 * 32];
        CropResampler.Resample(image, new CropBox(0, 0, 64, 16), 0, interpolation, 32, crop);
        Assert.That(crop, Has.All.EqualTo((byte)150));
    }

    [Test]
    public void Resample_QuarterTurn_TurnsCounterClockwise()
    {
        var image = TestImages.Of(9, 9, (y, x) => 1 + (y * 9) + x);
        byte[] crop = new byte[81];
        CropResampler.Resample(image, new CropBox(0, 0, 9, 9), 90, Interpolation.Area, 9, crop);

        // The right edge becomes the top edge.
        Assert.That(crop[..9], Is.EqualTo(Enumerable.Range(0, 9).Select(i => image.Pixels.Span[(i * 9) + 8])));
        Assert.That(crop[40], Is.EqualTo(image.Pixels.Span[40]), "the middle stays");
    }

    [Test]
    public void Resample_TurnedOverTheBorder_FillsWithOutside()
    {
        byte[] crop = new byte[81];
        CropResampler.Resample(TestImages.Of(9, 9, (_, _) => 255), new CropBox(0, 0, 9, 9), 45, Interpolation.Area, 9, crop);
        Assert.That(crop[0], Is.Zero);
        Assert.That(crop[40], Is.EqualTo(255));
    }

    [Test]
    public void Resample_CubicOvershoot_NeitherLeavesNorEntersTheSector()
    {
        var image = TestImages.Of(12, 12, (y, x) => x < 4 ? 0 : x % 3 == 0 ? 1 : 255);
        byte[] crop = new byte[48 * 48];
        CropResampler.Resample(image, new CropBox(0, 0, 12, 12), 0, Interpolation.Cubic, 48, crop);
        for (int i = 0; i < crop.Length; i++)
        {
            Assert.That(crop[i] > 0, Is.EqualTo(i % 48 >= 16), $"column {i % 48}");
        }
    }

    [Test]
    public void Resample_DestinationTooShort_IsRefused() =>
        Assert.That(() => CropResampler.Resample(TestImages.Sector(), new CropBox(0, 0, 9, 9), 0, Interpolation.Area, 9, new byte[80]), Throws.ArgumentException);
}
