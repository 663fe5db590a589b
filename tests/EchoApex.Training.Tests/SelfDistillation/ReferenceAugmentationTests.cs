using EchoApex.Core.Datasets;
using EchoApex.Core.Imaging.Augmentation;
using EchoApex.Core.Runtime;
using EchoApex.Training.SelfDistillation;

namespace EchoApex.Training.Tests.SelfDistillation;

/// <summary>
/// The references' recipes against a chain of the primitives, each of which is held to recorded values of Pillow and
/// torchvision; and a gray picture against the same picture in three equal channels.
/// </summary>
public sealed class ReferenceAugmentationTests
{
    private const int Height = 90;
    private const int Width = 120;

    private static readonly MultiCropOptions V1 = new()
    {
        Arithmetic = AugmentationArithmetic.Reference,
        Global = new CropOptions { Size = 48, BlurProbability = [1, 0.1], SolarizeProbability = [0, 0.2] },
        Local = new CropOptions { Count = 8, Size = 24, Area = new(0.05, 0.4), BlurProbability = [0.5] },
        FlipProbability = 0.5,
    };

    private static readonly MultiCropOptions V2 = V1 with
    {
        Global = V1.Global with { Area = new(0.32, 1) },
        Local = V1.Local with { Area = new(0.05, 0.32) },
        BlurKernel = 9,
        InvertBlurProbability = true,
    };

    [Test]
    public void WriteView_GrayPicture_EqualsTheChainOnThreeEqualChannels([Values(1, 2)] int version, [Values] bool isGlobal, [Values(0, 1)] int number)
    {
        var options = version == 1 ? V1 : V2;
        var augmentation = new MultiCrop(options);
        int side = (isGlobal ? options.Global : options.Local).Size;
        var image = TestImages.Sector(Height, Width);
        byte[] color = Triple(image.Pixels.Span);
        float[] view = new float[side * side];
        for (int i = 0; i < 60; i++)
        {
            augmentation.WriteView(image, isGlobal, number, RandomStream.For(1, "view", i), view);
            byte[] expected = Chain(color, options, version, isGlobal, number, RandomStream.For(1, "view", i));
            Assert.That(Triple(view), Is.EqualTo(expected), $"view {i}");
        }
    }

    [Test]
    public void WriteColorView_ColorPicture_EqualsTheNormalisedChain([Values(1, 2)] int version, [Values] bool isGlobal, [Values(0, 1)] int number)
    {
        var options = version == 1 ? V1 : V2;
        var augmentation = new MultiCrop(options);
        int side = (isGlobal ? options.Global : options.Local).Size;
        var random = new RandomStream(2);
        byte[] color = [.. Triple(TestImages.Sector(Height, Width).Pixels.Span).Select(value => (byte)Math.Clamp(value + random.NextInt32(80) - 40, 0, 255))];
        float[] view = new float[3 * side * side];
        float[] expected = new float[3 * side * side];
        for (int i = 0; i < 60; i++)
        {
            augmentation.WriteColorView(color, Height, Width, isGlobal, number, RandomStream.For(3, "view", i), view);
            byte[] chain = Chain(color, options, version, isGlobal, number, RandomStream.For(3, "view", i));
            ChannelNormalizer.ToPlanes(chain, side, side, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], expected);
            Assert.That(view, Is.EqualTo(expected), $"view {i}");
        }
    }

    [Test]
    public void WriteView_Blur_FollowsTheNamedProbabilitiesOrTheirComplements([Values] bool inverted)
    {
        Assert.Multiple(() =>
        {
            Assert.That(BlurredShare(true, 0, inverted), Is.EqualTo(inverted ? 0.0 : 1).Within(0.001));
            Assert.That(BlurredShare(true, 1, inverted), Is.EqualTo(inverted ? 0.9 : 0.1).Within(0.05));
            Assert.That(BlurredShare(false, 3, inverted), Is.EqualTo(0.5).Within(0.08));
        });
    }

    [Test]
    public void WriteColorView_OptionsThatNeedASector_AreRefused()
    {
        byte[] pixels = new byte[Height * Width * 3];
        float[] view = new float[3 * 48 * 48];
        void Write(MultiCropOptions options) => new MultiCrop(options).WriteColorView(pixels, Height, Width, true, 0, new RandomStream(1), view);
        Assert.That(() => Write(V1 with { Arithmetic = AugmentationArithmetic.Sector }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("reference"));
        Assert.That(() => Write(V1 with { CentersInSector = true }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("centers_in_sector"));
        Assert.That(() => Write(V1 with { Global = V1.Global with { MinimumSectorShare = 0.5 } }), Throws.TypeOf<ConfigurationException>());
        Assert.That(() => new MultiCrop(V1).WriteColorView(pixels.AsSpan(1), Height, Width, true, 0, new RandomStream(1), view), Throws.ArgumentException);
        Assert.That(() => new MultiCrop(V1).WriteColorView(pixels, Height, Width, true, 0, new RandomStream(1), view.AsSpan(1)), Throws.ArgumentException);
    }

    // The recipes, spelled out on H x W x 3 bytes: crop, flip, jitter, grayscale, blur, solarize.
    private static byte[] Chain(byte[] color, MultiCropOptions options, int version, bool isGlobal, int number, RandomStream random)
    {
        var kind = isGlobal ? options.Global : options.Local;
        int side = kind.Size;
        byte[] crop = new byte[side * side * 3];
        var box = CropBox.Draw(new SectorImage(default, Height, Width), kind.Area, kind.AspectRatio, default, random);
        BicubicResampler.ResizedCrop(color, Height, Width, 3, box.Y, box.X, box.Height, box.Width, crop, side, side);
        if (random.NextBoolean(0.5))
        {
            crop = Mirror(crop, side);
        }

        if (random.NextBoolean(0.8))
        {
            int[] order = [0, 1, 2, 3];
            random.Shuffle<int>(order);
            double[] factors = [random.Uniform(0.6, 1.4), random.Uniform(0.6, 1.4), random.Uniform(0.8, 1.2), random.Uniform(-0.1, 0.1)];
            foreach (int step in order)
            {
                Action<double> change = step switch
                {
                    0 => factor => ColorAdjustments.Brightness(crop, factor, crop),
                    1 => factor => ColorAdjustments.Contrast(crop, 3, factor, crop),
                    2 => factor => ColorAdjustments.Saturation(crop, 3, factor, crop),
                    _ => factor => HueShift.Apply(crop, 3, factor, crop),
                };
                change(factors[step]);
            }
        }

        if (random.NextBoolean(0.2))
        {
            ColorAdjustments.Grayscale(crop, 3, crop);
        }

        double blur = version == 1 ? (isGlobal ? (number == 0 ? 1 : 0.1) : 0.5) : (isGlobal ? (number == 0 ? 0 : 0.9) : 0.5);
        if (random.NextBoolean(blur))
        {
            double sigma = random.Uniform(0.1, 2);
            if (version == 1)
            {
                BoxGaussianBlur.Apply(crop, side, side, 3, sigma, crop);
            }
            else
            {
                KernelGaussianBlur.Apply(crop, side, side, 3, 9, sigma, crop);
            }
        }

        if (random.NextBoolean(isGlobal && number == 1 ? 0.2 : 0))
        {
            ColorAdjustments.Solarize(crop, crop);
        }

        return crop;
    }

    private static byte[] Mirror(byte[] crop, int side) =>
        [.. Enumerable.Range(0, crop.Length).Select(i => crop[(i / (side * 3) * side * 3) + ((side - 1 - (i / 3 % side)) * 3) + (i % 3)])];

    // A blurred checkerboard is gray; nothing else is on.
    private static double BlurredShare(bool isGlobal, int number, bool inverted)
    {
        var options = V1 with
        {
            JitterProbability = 0,
            InvertBlurProbability = inverted,
            BlurSigma = new(2, 2),
            FlipProbability = 0,
            Global = V1.Global with { Area = new(1, 1), AspectRatio = new(1, 1), SolarizeProbability = [0] },
            Local = V1.Local with { Area = new(0.25, 0.25), AspectRatio = new(1, 1) },
        };
        var image = TestImages.Of(48, 48, (y, x) => ((y / 2) + (x / 2)) % 2 == 0 ? 255 : 1);
        var augmentation = new MultiCrop(options);
        float[] view = new float[48 * 48];
        int side = isGlobal ? 48 : 24;
        return Enumerable.Range(0, 400).Count(i =>
        {
            augmentation.WriteView(image, isGlobal, number, RandomStream.For(9, "blur", i), view);
            return view.AsSpan(0, side * side).ToArray().Max() < 0.9f;
        }) / 400.0;
    }

    private static byte[] Triple(ReadOnlySpan<byte> gray) => [.. gray.ToArray().SelectMany(value => Enumerable.Repeat(value, 3))];

    private static byte[] Triple(float[] view) => Triple(view.Select(value => (byte)MathF.Round(value * 255)).ToArray().AsSpan());
}
