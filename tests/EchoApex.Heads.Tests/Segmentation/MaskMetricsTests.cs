using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;

namespace EchoApex.Heads.Tests.Segmentation;

public sealed class MaskMetricsTests
{
    private static readonly PixelSpacing Anisotropic = new(0.5, 2);

    [Test]
    public void Compare_EqualMasks_IsPerfect()
    {
        byte[] mask = Rectangle(10, 8, 2, 2, 5, 6);
        Assert.That(MaskMetrics.Compare(mask, mask, 10, Anisotropic), Is.EqualTo(new MaskScore(1, 1, 0, 0, false)));
    }

    [Test]
    public void Compare_BothEmpty_IsPerfectToo() =>
        Assert.That(MaskMetrics.Compare(new byte[12], new byte[12], 4, Anisotropic), Is.EqualTo(new MaskScore(1, 1, 0, 0, false)));

    [Test]
    public void Compare_OneEmpty_HasNoDistance()
    {
        byte[] mask = Rectangle(4, 3, 1, 1, 2, 2);
        var expected = new MaskScore(0, 0, null, null, true);
        Assert.That(MaskMetrics.Compare(mask, new byte[12], 4, Anisotropic), Is.EqualTo(expected));
        Assert.That(MaskMetrics.Compare(new byte[12], mask, 4, Anisotropic), Is.EqualTo(expected));
    }

    [Test]
    public void Compare_WithoutSpacing_HasOverlapAlone()
    {
        var score = MaskMetrics.Compare(Rectangle(10, 8, 2, 2, 5, 6), Rectangle(10, 8, 3, 2, 6, 6), 10, null);
        Assert.That((score.Hd95Mm, score.AverageSurfaceDistanceMm, score.IsOneEmpty), Is.EqualTo(((double?)null, (double?)null, false)));
        Assert.That(score.Dice, Is.EqualTo(0.75).Within(1e-12));
    }

    // Single pixels 3 columns or 2 rows apart: all distances are one number.
    [TestCase(3, 0, 1.5)]
    [TestCase(0, 2, 4)]
    [TestCase(3, 2, 4.272001872658765)]
    public void Compare_SinglePixels_MeasuresEachAxisInItsSpacing(int right, int down, double expected)
    {
        var score = MaskMetrics.Compare(Rectangle(9, 9, 2, 2, 2, 2), Rectangle(9, 9, 2 + right, 2 + down, 2 + right, 2 + down), 9, Anisotropic);
        Assert.That(score.Hd95Mm, Is.EqualTo(expected).Within(1e-12));
        Assert.That(score.AverageSurfaceDistanceMm, Is.EqualTo(expected).Within(1e-12));
        Assert.That((score.Dice, score.Iou), Is.EqualTo((0.0, 0.0)));
    }

    // A line of five pixels against its first two: from the line 0 0 1 2 3 pixels, from the two 0 0.
    [Test]
    public void Compare_LineAndItsBeginning_GivesHandComputedDistances()
    {
        var score = MaskMetrics.Compare(Rectangle(7, 3, 1, 1, 5, 1), Rectangle(7, 3, 1, 1, 2, 1), 7, Anisotropic);
        Assert.That(score.Dice, Is.EqualTo(4.0 / 7).Within(1e-12));
        Assert.That(score.Iou, Is.EqualTo(2.0 / 5).Within(1e-12));
        Assert.That(score.AverageSurfaceDistanceMm, Is.EqualTo(((0 + 0 + .5 + 1 + 1.5) / 5 + 0) / 2).Within(1e-12));

        // Sorted 0 0 0 0 .5 1 1.5; rank .95 * 6 = 5.7.
        Assert.That(score.Hd95Mm, Is.EqualTo(1 + (.7 * .5)).Within(1e-12));
    }

    // The surface of a square of 5 x 5 is its rim: the middle is 2 from it, so a single pixel there is 2 away.
    [Test]
    public void Compare_FilledSquareAndItsMiddle_UsesTheRimOnly()
    {
        var score = MaskMetrics.Compare(Rectangle(9, 9, 2, 2, 6, 6), Rectangle(9, 9, 4, 4, 4, 4), 9, new PixelSpacing(1, 1));
        double rim = ((4 * 2) + (8 * Math.Sqrt(5)) + (4 * Math.Sqrt(8))) / 16;
        Assert.That(score.AverageSurfaceDistanceMm, Is.EqualTo((rim + 2) / 2).Within(1e-12));
    }

    [Test]
    public void SquaredDistances_RandomMasks_EqualAllPairs()
    {
        var random = new RandomStream(4);
        for (int draw = 0; draw < 30; draw++)
        {
            var (width, height) = (1 + random.NextInt32(12), 1 + random.NextInt32(12));
            byte[] mask = [.. Enumerable.Range(0, width * height).Select(_ => random.NextBoolean(0.15) ? (byte)1 : (byte)0)];
            double[] actual = MaskRegions.SquaredDistances(mask, width, 0.7, 1.3);
            for (int i = 0; i < mask.Length; i++)
            {
                double expected = Enumerable.Range(0, mask.Length).Where(j => mask[j] != 0)
                    .Select(j => Math.Pow(0.7 * ((i % width) - (j % width)), 2) + Math.Pow(1.3 * ((i / width) - (j / width)), 2))
                    .DefaultIfEmpty(double.PositiveInfinity).Min();
                Assert.That(actual[i], Is.EqualTo(expected).Within(1e-9), $"draw {draw}, pixel {i} of {width} x {height}");
            }
        }
    }

    [Test]
    public void Compare_OtherSizes_IsRefused()
    {
        Assert.That(() => MaskMetrics.Compare(new byte[12], new byte[8], 4, null), Throws.ArgumentException);
        Assert.That(() => MaskMetrics.Compare(new byte[12], new byte[12], 5, null), Throws.ArgumentException);
    }

    internal static byte[] Rectangle(int width, int height, int left, int top, int right, int bottom)
    {
        byte[] mask = new byte[width * height];
        for (int y = top; y <= bottom; y++)
        {
            mask.AsSpan((y * width) + left, right - left + 1).Fill(1);
        }

        return mask;
    }
}
