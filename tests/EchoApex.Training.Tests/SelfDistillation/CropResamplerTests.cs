using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Augmentation;
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
        // Cubic weights are cut off at the border, so that black and white do not cancel to the last level there.
        byte tolerance = interpolation == Interpolation.Cubic ? (byte)1 : (byte)0;

        // A checkerboard at pixel scale: without antialiasing it would alias to black or white.
        var image = TestImages.Of(64, 64, (y, x) => ((x + y) & 1) == 0 ? 200 : 100);
        byte[] crop = new byte[16 * 16];
        CropResampler.Resample(image, new CropBox(0, 0, 64, 64), 0, interpolation, 16, crop);
        Assert.That(crop, Has.All.EqualTo((byte)150).Within(tolerance));
    }

    [Test]
    public void Resample_ShrinkingOneAxisAlone_StillAverages([Values(Interpolation.Area, Interpolation.Cubic)] Interpolation interpolation)
    {
        var image = TestImages.Of(16, 64, (_, x) => (x & 1) == 0 ? 200 : 100);
        byte[] crop = new byte[32 * 32];
        CropResampler.Resample(image, new CropBox(0, 0, 64, 16), 0, interpolation, 32, crop);
        Assert.That(crop.Where((_, i) => i % 32 is > 1 and < 30), Has.All.EqualTo((byte)150), "away from the cut-off filter");
        Assert.That(crop, Has.All.EqualTo((byte)150).Within(10));
    }

    [Test]
    public void Resample_Cubic_EqualsTheReferencesFilter([Values(14, 90)] int size)
    {
        var image = TestImages.Of(40, 60, (y, x) => 100 + ((y * 7) + (x * 13)) % 90);
        var box = new CropBox(5, 3, 50, 35);
        byte[] crop = new byte[size * size];
        CropResampler.Resample(image, box, 0, Interpolation.Cubic, size, crop);
        byte[] expected = new byte[size * size];
        BicubicResampler.ResizedCrop(image.Pixels.Span, 40, 60, 1, 3, 5, 35, 50, expected, size, size);
        Assert.That(crop, Is.EqualTo(expected));
    }

    [Test]
    public void Resample_CubicTurned_ShrinksByTheSameFilterAndKeepsTheMask()
    {
        var image = TestImages.Of(64, 64, (y, x) => x < 32 ? 0 : ((x + y) & 1) == 0 ? 200 : 100);
        byte[] crop = new byte[16 * 16];
        CropResampler.Resample(image, new CropBox(0, 0, 64, 64), 180, Interpolation.Cubic, 16, crop);
        for (int i = 0; i < crop.Length; i++)
        {
            Assert.That(crop[i] > 0, Is.EqualTo(i % 16 < 8), $"column {i % 16}");
        }

        Assert.That(crop[(8 * 16) + 3], Is.EqualTo(150).Within(10));
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
