using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Imaging;

/// <summary>Means over areas against OpenCV's, and where they are known.</summary>
internal sealed class AreaShrinkTests
{
    [TestCase(600, 800, 192, 256)]
    [TestCase(431, 577, 191, 256)]
    [TestCase(97, 130, 96, 129)]
    [TestCase(256, 256, 128, 64)]
    [TestCase(40, 33, 1, 1)]
    [TestCase(7, 1, 3, 1)]
    public void Run_AgreesWithOpenCvToALevel(int height, int width, int newHeight, int newWidth)
    {
        var random = new RandomStream(9);
        byte[] source = [.. Enumerable.Range(0, height * width).Select(_ => (byte)random.NextInt32(256))];
        byte[] expected = new byte[newHeight * newWidth], shrunk = new byte[newHeight * newWidth];
        FrameOperations.Resize(source, height, width, 1, expected, newHeight, newWidth, Interpolation.Area);

        new AreaShrink(height, width, newHeight, newWidth).Run(source, shrunk);

        int[] differences = [.. shrunk.Zip(expected, (own, other) => Math.Abs(own - other))];
        Assert.That(differences.Max(), Is.LessThanOrEqualTo(1));
        Assert.That(differences.Count(difference => difference > 0), Is.LessThanOrEqualTo(1 + (shrunk.Length / 10)), "half-way means alone are rounded otherwise: one in sixteen at a factor of 2 x 4");
    }

    [Test]
    public void Run_SameSizeAndFlatPictures_StayAsTheyAre()
    {
        byte[] source = [.. Enumerable.Range(0, 35 * 50).Select(i => (byte)i)];
        byte[] same = new byte[source.Length];
        new AreaShrink(35, 50, 35, 50).Run(source, same);
        Assert.That(same, Is.EqualTo(source));

        byte[] white = [.. Enumerable.Repeat((byte)255, 35 * 50)], small = new byte[17 * 31];
        new AreaShrink(35, 50, 17, 31).Run(white, small);
        Assert.That(small, Is.All.EqualTo(255));
    }

    [Test]
    public void Run_WrongSizes_AreRefused()
    {
        Assert.That(() => new AreaShrink(4, 4, 5, 4), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new AreaShrink(4, 4, 2, 2).Run(new byte[15], new byte[4]), Throws.ArgumentException);
    }
}
