using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Tests.SelfDistillation;

public sealed class DepthGainTests
{
    private static readonly MultiCropOptions Options = new()
    {
        Global = new CropOptions { Size = 60, Area = new(1, 1), AspectRatio = new(1, 1) },
        Local = new CropOptions { Count = 0 },
        JitterProbability = 0,
        DepthGain = 12,
        DynamicRange = 60,
    };

    [Test]
    public void WriteView_DepthGain_IsInProportionToTheDistanceFromTheProbe([Values(0.0, 1.0)] double flip)
    {
        // A fan of 120 x 120 below (59.5, 10); the crop halves it.
        var image = Fan(120, 59.5, 10);
        double largest = 0;
        for (int i = 0; i < 30; i++)
        {
            float[] view = View(image, Options with { FlipProbability = flip }, i);
            double slope = (view[(58 * 60) + 30] - (100 / 255.0)) / Depth(30, 58);
            for (int pixel = 0; pixel < view.Length; pixel++)
            {
                (int y, int x) = (pixel / 60, pixel % 60);
                bool awayFromTheRim = Math.Abs((2 * x) + 0.5 - 59.5) < (0.8 * ((2 * y) + 0.5 - 10)) - 6;
                if (awayFromTheRim)
                {
                    Assert.That(view[pixel], Is.EqualTo((100 / 255.0) + (slope * Depth(x, y))).Within(2e-4), $"draw {i}, row {y}, column {x}");
                }
            }

            Assert.That(view[0], Is.Zero, "outside the sector");
            largest = Math.Max(largest, Math.Abs(slope));
        }

        Assert.That(largest, Is.InRange(0.15, 0.2), "12 of 60 decibels");

        // In heights of the picture, from the middle of the first row of the fan; a pixel of the crop is two of the picture.
        static double Depth(int x, int y) => Math.Sqrt(Math.Pow((2 * x) + 0.5 - 59.5, 2) + Math.Pow((2 * y) + 0.5 - 10, 2)) / 120;
    }

    [Test]
    public void At_TurnedCrop_IsTheDepthOfThePixelThatIsSeen()
    {
        // The resampler itself says which pixel is seen: a picture of its columns, and one of its rows.
        const int Size = 50;
        var box = new CropBox(20, 15, 80, 90);
        var columns = TestImages.Of(120, 120, (_, x) => x + 1);
        var rows = TestImages.Of(120, 120, (y, _) => y + 1);
        byte[] column = new byte[Size * Size];
        byte[] row = new byte[Size * Size];
        CropResampler.Resample(columns, box, 20, Core.Imaging.Interpolation.Area, Size, column);
        CropResampler.Resample(rows, box, 20, Core.Imaging.Interpolation.Area, Size, row);
        var map = new DepthMap(columns, box, 20, flipped: false, Size);
        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size - 8; x += 8)
            {
                (int seenX, int seenY) = (column[(y * Size) + x] - 1, row[(y * Size) + x] - 1);
                if (seenX is > 1 and < 118 && seenY is > 1 and < 118)
                {
                    float depth = map.At(System.Runtime.Intrinsics.Vector256.Create((float)x), y)[0];
                    Assert.That(depth, Is.EqualTo(Math.Sqrt(Math.Pow(seenX - 59.5, 2) + (seenY * seenY)) / 120).Within(0.02), $"row {y}, column {x}");
                }
            }
        }
    }

    [Test]
    public void WriteView_EmptyPicture_StaysEmpty() =>
        Assert.That(View(TestImages.Of(60, 60, (_, _) => 0), Options, 1), Has.All.Zero);

    private static float[] View(SectorImage image, MultiCropOptions options, int draw)
    {
        float[] view = new float[options.Global.Size * options.Global.Size];
        new MultiCrop(options with { Global = options.Global with { BlurProbability = [0] } }).WriteView(image, true, 0, RandomStream.For(2, "depth", draw), view);
        return view;
    }

    private static SectorImage Fan(int size, double apexX, int apexY) =>
        TestImages.Of(size, size, (y, x) => y >= apexY && Math.Abs(x - apexX) <= (0.8 * (y - apexY)) + 1 ? 100 : 0);
}
