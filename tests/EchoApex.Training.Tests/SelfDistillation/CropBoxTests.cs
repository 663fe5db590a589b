using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Tests.SelfDistillation;

public sealed class CropBoxTests
{
    [Test]
    public void Draw_ManyBoxes_KeepAreaAndAspectInRangeAndStayInside()
    {
        var image = TestImages.Of(200, 300, (_, _) => 1);
        var random = new RandomStream(1);
        var boxes = Enumerable.Range(0, 2000).Select(_ => CropBox.Draw(image, new(0.05, 0.4), new(0.75, 4.0 / 3), default, random)).ToArray();
        double[] areas = [.. boxes.Select(b => b.Width * b.Height / 60000.0)];
        double[] logs = [.. boxes.Select(b => Math.Log((double)b.Width / b.Height))];
        Assert.Multiple(() =>
        {
            Assert.That(areas, Has.All.InRange(0.045, 0.405));
            Assert.That(areas.Average(), Is.EqualTo(0.225).Within(0.01), "the area is uniform, so the side is not");
            Assert.That(logs, Has.All.InRange(Math.Log(0.75) - 0.03, Math.Log(4.0 / 3) + 0.03));
            Assert.That(logs.Average(), Is.EqualTo(0).Within(0.02), "the ratio is log-uniform");
            Assert.That(boxes.Select(b => b.X + b.Width), Has.All.LessThanOrEqualTo(300));
            Assert.That(boxes.Select(b => b.Y + b.Height), Has.All.LessThanOrEqualTo(200));
            Assert.That(boxes.Min(b => b.X), Is.Zero);
            Assert.That(boxes.Max(b => b.X + b.Width), Is.EqualTo(300));
        });
    }

    [Test]
    public void Draw_BoxThatNeverFits_FallsBackToTheCentre()
    {
        var box = CropBox.Draw(TestImages.Of(100, 100, (_, _) => 1), new(1, 1), new(2, 2), default, new RandomStream(1));
        Assert.That(box, Is.EqualTo(new CropBox(0, 25, 100, 50)));
        box = CropBox.Draw(TestImages.Of(100, 100, (_, _) => 1), new(1, 1), new(0.5, 0.5), default, new RandomStream(1));
        Assert.That(box, Is.EqualTo(new CropBox(25, 0, 50, 100)));
    }

    [Test]
    public void Draw_CentersInSector_LieInside()
    {
        var image = TestImages.Sector();
        var random = new RandomStream(2);
        int Misses(bool centers) => Enumerable.Range(0, 500).Count(_ =>
        {
            var box = CropBox.Draw(image, new(0.05, 0.2), new(1, 1), new SectorDemands(centers), random);
            return image.Pixels.Span[((box.Y + (box.Height / 2)) * image.Width) + box.X + (box.Width / 2)] == 0;
        });
        Assert.That(Misses(true), Is.Zero);
        Assert.That(Misses(false), Is.GreaterThan(50));
    }

    [Test]
    public void Draw_SectorShare_IsMetWhereItCanBe()
    {
        double[] with = [.. Shares(new SectorDemands(false, SectorShare: 0.7), 1)];
        double[] without = [.. Shares(default, 1)];
        Assert.That(with.Count(share => share < 0.7), Is.LessThan(5), "ten places are tried");
        Assert.That(without.Count(share => share < 0.7), Is.GreaterThan(100));
        Assert.That(with.Average(), Is.GreaterThan(without.Average()));
    }

    [Test]
    public void Draw_TissueShare_CountsBrightPixels()
    {
        double[] with = [.. Shares(new SectorDemands(false, TissueShare: 0.3, TissueLevel: 100), 100)];
        double[] without = [.. Shares(default, 100)];
        Assert.That(with.Count(share => share < 0.3), Is.LessThan(5));
        Assert.That(without.Count(share => share < 0.3), Is.GreaterThan(100));
    }

    [Test]
    public void Draw_DemandNobodyMeets_TakesTheNearestOfTenPlaces()
    {
        // Only the right half is sector: the more to the right, the better.
        var image = TestImages.Of(100, 100, (_, x) => x >= 50 ? 9 : 0);
        var random = new RandomStream(4);
        var demands = new SectorDemands(false, SectorShare: 0.9);
        double[] best = [.. Enumerable.Range(0, 200).Select(_ => CropBox.Draw(image, new(0.64, 0.64), new(1, 1), demands, random).ShareFrom(1, image))];
        Assert.That(best.Average(), Is.EqualTo(0.375 + (0.25 * 10 / 11)).Within(0.02), "the largest of ten uniform numbers");
    }

    [TestCase(1, 15.0 / 21)]
    [TestCase(12, 4.0 / 21)]
    [TestCase(255, 0.0)]
    public void ShareFrom_Level_CountsPixelsFromItOn(int level, double expected)
    {
        // The box holds six zeros and then 1 to 15; the border is left out.
        var image = TestImages.Of(5, 9, (y, x) => y is >= 1 and <= 3 && x is >= 1 and <= 7 ? Math.Max(0, ((y - 1) * 7) + x - 6) : 200);
        Assert.That(new CropBox(1, 1, 7, 3).ShareFrom((byte)level, image), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void ShareFrom_WideBox_CountsEveryPixelOnce()
    {
        var image = TestImages.Sector(90, 131);
        byte[] pixels = image.Pixels.ToArray();
        double expected = Enumerable.Range(0, 60 * 101).Count(i => pixels[((7 + (i / 101)) * 131) + 20 + (i % 101)] >= 100) / (60.0 * 101);
        Assert.That(new CropBox(20, 7, 101, 60).ShareFrom(100, image), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void Draw_OnePixelImage_Works() =>
        Assert.That(CropBox.Draw(TestImages.Of(1, 1, (_, _) => 1), new(0.01, 0.02), new(0.75, 1.3), new SectorDemands(true), new RandomStream(1)), Is.EqualTo(new CropBox(0, 0, 1, 1)));

    private static IEnumerable<double> Shares(SectorDemands demands, byte level)
    {
        var image = TestImages.Sector();
        var random = new RandomStream(3);
        return Enumerable.Range(0, 500).Select(_ => CropBox.Draw(image, new(0.05, 0.2), new(1, 1), demands, random).ShareFrom(level, image));
    }
}
