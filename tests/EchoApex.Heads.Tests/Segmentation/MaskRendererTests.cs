using EchoApex.Core.Imaging;
using EchoApex.Heads.Segmentation;

namespace EchoApex.Heads.Tests.Segmentation;

public sealed class MaskRendererTests
{
    [Test]
    public void ToFrame_SameSize_IsTheSignOfTheLogits()
    {
        float[] logits = [1, -1, 2, -2, 3, -3];
        Assert.That(MaskRenderer.ToFrame(logits, 3, 2, 3, new FrameGeometry(0, 0, 1, 1, 0, 0), 2, 3), Is.EqualTo(new byte[] { 1, 0, 1, 0, 1, 0 }));
    }

    // A frame of 20 x 10 whose crop at (4, 2) of 12 x 6 pixels fills an input of 24 x 24 with 6 rows of border above and below; masks have 12 x 12.
    [Test]
    public void ToFrame_CropScaleAndBorder_PutsTheMaskWhereGeometrySays()
    {
        var geometry = new FrameGeometry(4, 2, 2, 2, 0, 6);
        float[] logits = [.. Enumerable.Range(0, 144).Select(i => i % 12 is >= 3 and <= 6 && i / 12 is >= 4 and <= 5 ? 1f : -1f)];
        byte[] mask = MaskRenderer.ToFrame(logits, 12, 24, 24, geometry, 10, 20);

        // Mask column 3 to 6 is input 6 to 13.9, frame 7 to 10; rows 4 to 5 are input 8 to 11.9, frame 3 to 4.
        byte[] expected = MaskMetricsTests.Rectangle(20, 10, 7, 3, 10, 4);
        Assert.That(mask, Is.EqualTo(expected));
    }

    [Test]
    public void ToFrame_PixelsThatTheInputDoesNotShow_AreOutside()
    {
        float[] logits = [1, 1, 1, 1];
        byte[] mask = MaskRenderer.ToFrame(logits, 2, 4, 4, new FrameGeometry(2, 1, 1, 1, 0, 0), 6, 8);
        Assert.That(mask, Is.EqualTo(MaskMetricsTests.Rectangle(8, 6, 2, 1, 5, 4)));
    }

    // Between a logit of 1 and one of -3 the mask ends a quarter of the way.
    [Test]
    public void ToFrame_FinerFrame_CutsBetweenLogits()
    {
        float[] logits = [1, -3];
        byte[] mask = MaskRenderer.ToFrame(logits, 2, 1, 2, new FrameGeometry(0, 0, 0.1, 1, 0, 0), 1, 20);
        Assert.That(mask.Sum(value => value), Is.EqualTo(7).Or.EqualTo(8));
    }
}
