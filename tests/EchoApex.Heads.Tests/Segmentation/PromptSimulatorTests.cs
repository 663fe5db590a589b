using EchoApex.Core.Runtime;
using EchoApex.Heads.Segmentation;

namespace EchoApex.Heads.Tests.Segmentation;

public sealed class PromptSimulatorTests
{
    private const int Width = 20;

    // A square of 7 x 7 about (5, 5) and a lone pixel.
    private static readonly byte[] Square = Mask((2, 2, 8, 8), (15, 15, 15, 15));

    [Test]
    public void PointInside_WithoutStream_IsTheMiddleOfTheLargestRegion() =>
        Assert.That(PromptSimulator.PointInside(Square, Width, null), Is.EqualTo(new PromptPoint(5, 5)));

    [Test]
    public void PointInside_WithStream_FallsOnAllPixelsOfTheLargestRegionAlone()
    {
        var random = new RandomStream(1);
        var places = Enumerable.Range(0, 2000).Select(_ => PromptSimulator.PointInside(Square, Width, random)!.Value).ToHashSet();
        Assert.That(places.Select(place => (place.X, place.Y)), Is.EquivalentTo(
            Enumerable.Range(0, 49).Select(i => (2.0 + (i % 7), 2.0 + (i / 7)))));
        Assert.That(places.All(place => place.Inside));
    }

    [Test]
    public void PointInside_SameSeed_IsTheSamePoint() =>
        Assert.That(PromptSimulator.PointInside(Square, Width, new RandomStream(7)), Is.EqualTo(PromptSimulator.PointInside(Square, Width, new RandomStream(7))));

    [Test]
    public void PointInside_EmptyMask_IsNone() => Assert.That(PromptSimulator.PointInside(new byte[Width * Width], Width, null), Is.Null);

    [Test]
    public void PointInside_RegionAtTheEdge_KeepsAwayFromIt() =>
        Assert.That(PromptSimulator.PointInside(Mask((0, 0, 4, 4)), Width, null), Is.EqualTo(new PromptPoint(2, 2)));

    [Test]
    public void Correction_LargerMiss_IsAPointInside() =>
        Assert.That(PromptSimulator.Correction(Square, Mask((10, 10, 12, 12)), Width, null), Is.EqualTo(new PromptPoint(5, 5, true)));

    [Test]
    public void Correction_LargerExcess_IsAPointOutside() =>
        Assert.That(PromptSimulator.Correction(Square, Mask((2, 2, 8, 8), (11, 11, 17, 13)), Width, null), Is.EqualTo(new PromptPoint(12, 12, false)));

    [Test]
    public void Correction_EqualMasks_IsNone() => Assert.That(PromptSimulator.Correction(Square, Square, Width, null), Is.Null);

    [Test]
    public void BoxAround_WithoutStream_HoldsAllPixels() =>
        Assert.That(PromptSimulator.BoxAround(Square, Width, 0.1, null), Is.EqualTo(new PromptBox(2, 2, 15, 15)));

    [Test]
    public void BoxAround_WithStream_JittersByAShareOfTheSideWithinTheFrame()
    {
        var random = new RandomStream(3);
        byte[] mask = Mask((5, 8, 14, 12));
        var boxes = Enumerable.Range(0, 2000).Select(_ => PromptSimulator.BoxAround(mask, Width, 0.1, random)!.Value).ToArray();
        Assert.That(Deviation(boxes.Select(box => box.Left)), Is.EqualTo(1).Within(0.15));
        Assert.That(Deviation(boxes.Select(box => box.Bottom)), Is.EqualTo(0.5).Within(0.08));
        Assert.That(boxes.All(box => box.Left >= 3 && box.Right <= 16 && box.Top >= 7 && box.Bottom <= 13));
        Assert.That(Enumerable.Range(0, 200).Select(_ => PromptSimulator.BoxAround(Square, Width, 2, random)!.Value)
            .All(box => box.Left >= 0 && box.Top >= 0 && box.Right <= 19 && box.Bottom <= 19 && box.Left <= box.Right && box.Top <= box.Bottom));
    }

    [Test]
    public void BoxAround_EmptyMask_IsNone() => Assert.That(PromptSimulator.BoxAround(new byte[Width * Width], Width, 0.1, null), Is.Null);

    private static double Deviation(IEnumerable<double> values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    private static byte[] Mask(params (int Left, int Top, int Right, int Bottom)[] rectangles)
    {
        byte[] mask = new byte[Width * Width];
        foreach (var (left, top, right, bottom) in rectangles)
        {
            byte[] part = MaskMetricsTests.Rectangle(Width, Width, left, top, right, bottom);
            for (int i = 0; i < mask.Length; i++)
            {
                mask[i] |= part[i];
            }
        }

        return mask;
    }
}
