using EchoApex.Core.Configuration;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Runtime;
using EchoApex.Core.Tasks;

namespace EchoApex.Core.Tests.Tasks;

public sealed class FrameTransformTests
{
    private const int Side = 48;

    [Test]
    public void None_LeavesFrameAndPointsAsTheyAre()
    {
        var frame = Frame(20, 30);
        var (pixels, inside, mask) = Apply(FrameTransform.None(Side), frame);
        Assert.That(pixels, Is.EqualTo(frame.Pixels));
        Assert.That(mask, Is.EqualTo(frame.Mask));
        Assert.That(inside, Is.All.EqualTo(255));
        Assert.That(FrameTransform.None(Side).Map(new ImagePoint(3, 4)), Is.EqualTo(new ImagePoint(3, 4)));
    }

    [Test]
    public void Apply_ManyDraws_MovesPixelsAndLabelsWhereMapSays()
    {
        var options = new FrameAugmentationOptions { RotationDegrees = 40, LogGamma = 0, LogContrast = 0, Offset = 0, Noise = 0 };
        for (int draw = 0; draw < 20; draw++)
        {
            var transform = FrameTransform.Draw(options, Side, RandomStream.For(3, "draw", draw));
            var (pixels, _, mask) = Apply(transform, Frame(22, 27));
            var expected = transform.Map(new ImagePoint(22, 27));
            Assert.That(Centre(pixels), Is.EqualTo((expected.X, expected.Y)).Using<(double, double), (double, double)>(Near), $"pixels of draw {draw}");
            Assert.That(Centre(mask), Is.EqualTo((expected.X, expected.Y)).Using<(double, double), (double, double)>(Near), $"labels of draw {draw}");
        }
    }

    [TestCase(nameof(FrameAugmentationOptions.RotationDegrees))]
    [TestCase(nameof(FrameAugmentationOptions.Scale))]
    [TestCase(nameof(FrameAugmentationOptions.Shift))]
    [TestCase(nameof(FrameAugmentationOptions.LogGamma))]
    [TestCase(nameof(FrameAugmentationOptions.LogContrast))]
    [TestCase(nameof(FrameAugmentationOptions.Offset))]
    [TestCase(nameof(FrameAugmentationOptions.Noise))]
    public void Draw_EachOption_HasAnEffect(string option)
    {
        var still = new FrameAugmentationOptions { RotationDegrees = 0, Scale = new ValueRange(1, 1), Shift = 0, LogGamma = 0, LogContrast = 0, Offset = 0, Noise = 0 };
        var defaults = new FrameAugmentationOptions();
        var changed = option switch
        {
            nameof(still.RotationDegrees) => still with { RotationDegrees = defaults.RotationDegrees },
            nameof(still.Scale) => still with { Scale = defaults.Scale },
            nameof(still.Shift) => still with { Shift = defaults.Shift },
            nameof(still.LogGamma) => still with { LogGamma = defaults.LogGamma },
            nameof(still.LogContrast) => still with { LogContrast = defaults.LogContrast },
            nameof(still.Offset) => still with { Offset = defaults.Offset },
            _ => still with { Noise = defaults.Noise },
        };
        var frame = Frame(20, 30);
        Assert.That(Apply(FrameTransform.Draw(still, Side, RandomStream.For(1, "draw")), frame).Pixels, Is.EqualTo(frame.Pixels));
        Assert.That(Apply(FrameTransform.Draw(changed, Side, RandomStream.For(1, "draw")), frame).Pixels, Is.Not.EqualTo(frame.Pixels));
    }

    private static bool Near((double X, double Y) a, (double X, double Y) b) => Math.Abs(a.X - b.X) < .6 && Math.Abs(a.Y - b.Y) < .6;

    // A bright disc, label 3, on black.
    private static PreparedFrame Frame(int x, int y)
    {
        byte[] pixels = new byte[Side * Side];
        byte[] mask = new byte[Side * Side];
        for (int i = 0; i < pixels.Length; i++)
        {
            double distance = Math.Sqrt(Math.Pow((i % Side) - x, 2) + Math.Pow((i / Side) - y, 2));
            pixels[i] = distance <= 4 ? (byte)180 : (byte)0;
            mask[i] = distance <= 4 ? (byte)3 : (byte)0;
        }

        byte[] inside = new byte[Side * Side];
        inside.AsSpan().Fill(255);
        return new PreparedFrame { Frame = 0, Side = Side, Pixels = pixels, Inside = inside, Mask = mask };
    }

    private static (byte[] Pixels, byte[] Inside, byte[] Mask) Apply(FrameTransform transform, PreparedFrame frame)
    {
        byte[] pixels = new byte[Side * Side];
        byte[] inside = new byte[Side * Side];
        byte[] mask = new byte[Side * Side];
        transform.Apply(frame, RandomStream.For(9, "noise"), pixels, inside, mask);
        return (pixels, inside, mask);
    }

    private static (double X, double Y) Centre(byte[] values)
    {
        double sum = values.Sum(value => (double)value);
        return (values.Select((value, i) => value * (double)(i % Side)).Sum() / sum, values.Select((value, i) => value * (double)(i / Side)).Sum() / sum);
    }
}
