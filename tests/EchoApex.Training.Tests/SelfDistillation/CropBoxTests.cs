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
        var boxes = Enumerable.Range(0, 2000).Select(_ => CropBox.Draw(image, new(0.05, 0.4), new(0.75, 4.0 / 3), false, random)).ToArray();
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
        var box = CropBox.Draw(TestImages.Of(100, 100, (_, _) => 1), new(1, 1), new(2, 2), false, new RandomStream(1));
        Assert.That(box, Is.EqualTo(new CropBox(0, 25, 100, 50)));
        box = CropBox.Draw(TestImages.Of(100, 100, (_, _) => 1), new(1, 1), new(0.5, 0.5), false, new RandomStream(1));
        Assert.That(box, Is.EqualTo(new CropBox(25, 0, 50, 100)));
    }

    [Test]
    public void Draw_CentersInSector_LieInside()
    {
        var image = TestImages.Sector();
        var random = new RandomStream(2);
        int Misses(bool centers) => Enumerable.Range(0, 500).Count(_ =>
        {
            var box = CropBox.Draw(image, new(0.05, 0.2), new(1, 1), centers, random);
            return image.Pixels.Span[((box.Y + (box.Height / 2)) * image.Width) + box.X + (box.Width / 2)] == 0;
        });
        Assert.That(Misses(true), Is.Zero);
        Assert.That(Misses(false), Is.GreaterThan(50));
    }

    [Test]
    public void Draw_OnePixelImage_Works() =>
        Assert.That(CropBox.Draw(TestImages.Of(1, 1, (_, _) => 1), new(0.01, 0.02), new(0.75, 1.3), true, new RandomStream(1)), Is.EqualTo(new CropBox(0, 0, 1, 1)));
}
