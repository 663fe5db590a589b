using EchoApex.Core.Imaging;
using EchoApex.Core.Imaging.Sectors;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Imaging.Sectors;

/// <summary>Vectors against one pixel after the other, and luma against OpenCV's.</summary>
internal sealed class ClipStatisticsTests
{
    [TestCase(1, 1)]
    [TestCase(16, 1)]
    [TestCase(37, 3)]
    [TestCase(64, 5)]
    [TestCase(200, 101)]
    public void Add_ColorFrames_GivesExtremesSaturationAndLuma(int width, int height)
    {
        const int Frames = 5;
        int area = width * height;
        var statistics = new ClipStatistics(width, height, 3);
        byte[] darkest = [.. Enumerable.Repeat((byte)255, area)], brightest = new byte[area], saturation = new byte[area];
        for (int t = 0; t < Frames; t++)
        {
            byte[] frame = Frame(area, t);
            byte[] gray = new byte[area], expected = new byte[area];
            statistics.Add(frame, gray);
            FrameOperations.ToGray(frame, expected);
            Assert.That(gray, Is.EqualTo(expected), "luma");
            for (int i = 0; i < area; i++)
            {
                byte[] pixel = frame[(3 * i)..((3 * i) + 3)];
                darkest[i] = Math.Min(darkest[i], pixel.Max());
                brightest[i] = Math.Max(brightest[i], pixel.Max());
                saturation[i] = Math.Max(saturation[i], (byte)(pixel.Max() - pixel.Min()));
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That(statistics.FrameCount, Is.EqualTo(Frames));
            Assert.That(statistics.Darkest, Is.EqualTo(darkest));
            Assert.That(statistics.Brightest, Is.EqualTo(brightest));
            Assert.That(statistics.Saturation.ToArray(), Is.EqualTo(saturation));
        });
    }

    [Test]
    public void Add_GrayFrames_GivesThemBack()
    {
        var statistics = new ClipStatistics(21, 3, 1);
        byte[] frame = [.. Enumerable.Range(0, 63).Select(i => (byte)(i * 4))], gray = new byte[63];
        statistics.Add(frame, gray);
        Assert.That(gray, Is.EqualTo(frame));
        Assert.That(statistics.Brightest, Is.EqualTo(frame));
        Assert.That(statistics.Darkest, Is.EqualTo(frame));
    }

    // Mostly gray, as screens are, with single coloured pixels and coloured stretches.
    private static byte[] Frame(int area, int seed)
    {
        var random = new RandomStream((ulong)seed);
        byte[] frame = new byte[3 * area];
        for (int i = 0; i < area; i++)
        {
            byte level = (byte)random.NextInt32(256);
            bool isColored = i / 100 % 3 == 1 || random.NextInt32(30) == 0;
            for (int channel = 0; channel < 3; channel++)
            {
                frame[(3 * i) + channel] = isColored ? (byte)random.NextInt32(256) : level;
            }
        }

        return frame;
    }
}
