using EchoApex.Core.Imaging.Augmentation;

namespace EchoApex.Core.Tests.Imaging.Augmentation;

public sealed class AugmentationPrimitivesTests
{
    private const int Height = 23;
    private const int Width = 37;

    [Test]
    public void Primitives_GrayPicture_GiveOneChannelOfThreeEqualOnes()
    {
        byte[] gray = Gray();
        byte[] color = Triple(gray);
        Assert.Multiple(() =>
        {
            Same("contrast", (c, from, to) => ColorAdjustments.Contrast(from, c, 1.3, to));
            Same("saturation", (c, from, to) => ColorAdjustments.Saturation(from, c, 0.4, to));
            Same("gray", (c, from, to) => ColorAdjustments.Grayscale(from, c, to));
            Same("hue", (c, from, to) => HueShift.Apply(from, c, 0.3, to));
            Same("box blur", (c, from, to) => BoxGaussianBlur.Apply(from, Height, Width, c, 1.7, to));
            Same("kernel blur", (c, from, to) => KernelGaussianBlur.Apply(from, Height, Width, c, 9, 1.7, to));
            Same("grow", (c, from, to) => BicubicResampler.ResizedCrop(from, Height, Width, c, 3, 5, 11, 19, to, Height, Width));
            Same("shrink", (c, from, to) => BicubicResampler.ResizedCrop(from, Height, Width, c, 0, 0, Height, Width, to, 7, 5));
        });

        void Same(string what, Action<int, byte[], byte[]> primitive)
        {
            byte[] one = new byte[gray.Length];
            byte[] three = new byte[color.Length];
            primitive(1, gray, one);
            primitive(3, color, three);
            Assert.That(Triple(one), Is.EqualTo(three), what);
        }
    }

    [Test]
    public void Primitives_InPlace_GiveTheSame()
    {
        byte[] picture = Triple(Gray()).Select((value, i) => (byte)(value ^ (i % 3 * 40))).ToArray();
        Assert.Multiple(() =>
        {
            Same("brightness", (from, to) => ColorAdjustments.Brightness(from, 1.2, to));
            Same("contrast", (from, to) => ColorAdjustments.Contrast(from, 3, 0.7, to));
            Same("saturation", (from, to) => ColorAdjustments.Saturation(from, 3, 1.2, to));
            Same("gray", (from, to) => ColorAdjustments.Grayscale(from, 3, to));
            Same("hue", (from, to) => HueShift.Apply(from, 3, -0.2, to));
            Same("box blur", (from, to) => BoxGaussianBlur.Apply(from, Height, Width, 3, 2, to));
            Same("kernel blur", (from, to) => KernelGaussianBlur.Apply(from, Height, Width, 3, 9, 2, to));
        });

        void Same(string what, Action<byte[], byte[]> primitive)
        {
            byte[] expected = new byte[picture.Length];
            byte[] actual = [.. picture];
            primitive(picture, expected);
            primitive(actual, actual);
            Assert.That(actual, Is.EqualTo(expected), what);
        }
    }

    [TestCase(0.0)]
    [TestCase(1.0)]
    public void Blends_AtTheirEnds_AreTheTwoPictures(double factor)
    {
        byte[] picture = [10, 200, 30, 40, 50, 250];
        byte[] result = new byte[6];
        ColorAdjustments.Brightness(picture, factor, result);
        Assert.That(result, Is.EqualTo(factor == 1 ? picture : new byte[6]));
        ColorAdjustments.Saturation(picture, 3, factor, result);
        byte[] gray = new byte[6];
        ColorAdjustments.Grayscale(picture, 3, gray);
        Assert.That(result, Is.EqualTo(factor == 1 ? picture : gray));
    }

    [Test]
    public void Blurs_FlatPicture_ChangeNothing([Values(0.0, 0.5, 2, 40)] double radius)
    {
        byte[] flat = [.. Enumerable.Repeat((byte)201, Height * Width)];
        byte[] result = new byte[flat.Length];
        BoxGaussianBlur.Apply(flat, Height, Width, 1, radius, result);
        Assert.That(result, Is.EqualTo(flat));
        KernelGaussianBlur.Apply(flat, Height, Width, 1, 9, Math.Max(radius, 0.1), result);
        Assert.That(result, Is.EqualTo(flat));
    }

    [Test]
    public void BoxGaussianBlur_Line_KeepsItsWeightAndTheStandardDeviation()
    {
        byte[] wide = new byte[41 * 41];
        for (int i = 0; i < 41; i++)
        {
            wide[(i * 41) + 20] = 255;
        }

        byte[] result = new byte[wide.Length];
        BoxGaussianBlur.Apply(wide, 41, 41, 1, 2, result);
        var row = Enumerable.Range(0, 41).Select(x => (Offset: x - 20, Weight: (double)result[(20 * 41) + x])).ToArray();
        double sum = row.Sum(pixel => pixel.Weight);
        Assert.That(sum, Is.EqualTo(255).Within(4));
        Assert.That(Math.Sqrt(row.Sum(pixel => pixel.Weight * pixel.Offset * pixel.Offset) / sum), Is.EqualTo(2).Within(0.1));
    }

    [Test]
    public void ResizedCrop_OutsideTheBox_IsNotRead()
    {
        byte[] picture = Gray();
        byte[] changed = [.. picture.Select((value, i) => i / Width is >= 4 and < 14 && i % Width is >= 6 and < 26 ? value : (byte)~value)];
        byte[] expected = new byte[16 * 16];
        byte[] actual = new byte[16 * 16];
        BicubicResampler.ResizedCrop(picture, Height, Width, 1, 4, 6, 10, 20, expected, 16, 16);
        BicubicResampler.ResizedCrop(changed, Height, Width, 1, 4, 6, 10, 20, actual, 16, 16);
        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public void Primitives_LengthsThatDoNotFit_AreRefused()
    {
        byte[] picture = Gray();
        byte[] small = new byte[picture.Length - 1];
        Assert.Multiple(() =>
        {
            Assert.That(() => ColorAdjustments.Brightness(picture, 1, small), Throws.ArgumentException);
            Assert.That(() => ColorAdjustments.Contrast(picture, 2, 1, picture), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => HueShift.Apply(picture, 1, 0.6, picture), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => BoxGaussianBlur.Apply(picture, Height, Width, 1, double.NaN, picture), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => BoxGaussianBlur.Apply(picture, Height, Width, 1, 1, small), Throws.ArgumentException);
            Assert.That(() => KernelGaussianBlur.Apply(picture, Height, Width, 1, 8, 1, picture), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => KernelGaussianBlur.Apply(picture, 4, Width, 1, 9, 1, picture), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => KernelGaussianBlur.Apply(picture, Height, Width, 1, 9, 0, picture), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => BicubicResampler.ResizedCrop(picture, Height, Width, 1, 1, 0, Height, Width, new byte[16], 4, 4), Throws.ArgumentException);
            Assert.That(() => BicubicResampler.ResizedCrop(picture, Height, Width, 1, 0, 0, Height, Width, new byte[15], 4, 4), Throws.ArgumentException);
            Assert.That(() => ChannelNormalizer.ToPlanes(picture, Height, Width, [0.5f], [0f], new float[picture.Length]), Throws.ArgumentException);
        });
    }

    private static byte[] Gray() => [.. Enumerable.Range(0, Height * Width).Select(i => (byte)((i * 2654435761L) >> 13))];

    private static byte[] Triple(byte[] gray) => [.. gray.SelectMany(value => Enumerable.Repeat(value, 3))];
}
