using EchoApex.Core.Imaging.Augmentation;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Imaging.Augmentation;

/// <summary>The forms by wide instructions against the plain ones, over sizes that leave remainders of every kind.</summary>
public sealed class WidePassTests
{
    [Test]
    public void ResizeRows_Wide_EqualsPlain([Range(0, 39)] int index)
    {
        var random = RandomStream.For(1, "rows", index);
        int width = 16 + random.NextInt32(index % 4 == 0 ? 1000 : 300);
        int newWidth = index % 8 == 7 ? width + random.NextInt32(100) + 1 : 1 + random.NextInt32(300);
        int height = 4 + random.NextInt32(9);
        int stride = width + random.NextInt32(20);
        byte[] source = Bytes(random, (stride * (height - 1)) + width);
        byte[] wide = new byte[height * newWidth];
        byte[] plain = new byte[height * newWidth];
        using var weights = ResampleWeights.Create(width, newWidth);
        if (!BicubicRows.TryResize(source, stride, height, width, weights, newWidth, wide))
        {
            Assert.Ignore("This machine has no wide form, or the row is shorter than its window.");
        }

        for (int y = 0; y < height; y++)
        {
            BicubicRows.ResizeGrayRow(source.AsSpan(y * stride, width), weights, plain.AsSpan(y * newWidth, newWidth));
        }

        Assert.That(wide, Is.EqualTo(plain), $"{height} x {width} to {newWidth}");
    }

    [Test]
    public void ResizeColumns_Wide_EqualsPlain([Range(0, 39)] int index)
    {
        var random = RandomStream.For(2, "columns", index);
        int height = 1 + random.NextInt32(index % 4 == 0 ? 1000 : 300);
        int newHeight = 1 + random.NextInt32(300);
        int length = 16 + random.NextInt32(60);
        byte[] source = Bytes(random, height * length);
        byte[] wide = new byte[newHeight * length];
        byte[] plain = new byte[newHeight * length];
        using var weights = ResampleWeights.Create(height, newHeight);
        if (!BicubicColumns.TryResize(source, length, weights, newHeight, wide))
        {
            Assert.Ignore("This machine has no wide form.");
        }

        BicubicColumns.Resize(source, length, weights, newHeight, plain);
        Assert.That(wide, Is.EqualTo(plain), $"{height} x {length} to {newHeight}");
    }

    [Test]
    public void BoxBlur_Narrow_EqualsRunningSums([Values(1, 3)] int channels, [Values(0.1, 0.4, 0.9, 1.3, 1.5, 2, 2.4)] double radius)
    {
        foreach ((int height, int width) in new[] { (31, 16), (17, 33), (2, 98), (1, 50), (64, 64) })
        {
            var filter = BoxFilter.Of(BoxGaussianBlur.BoxRadius((float)radius));
            Assert.That(filter.Radius, Is.LessThanOrEqualTo(NarrowBoxBlur.LargestRadius));
            byte[] narrow = Bytes(RandomStream.For(3, "box", height), height * width * channels);
            byte[] sums = [.. narrow];
            NarrowBoxBlur.Apply(narrow, height, width, channels, BoxGaussianBlur.Passes, filter);
            BoxGaussianBlur.ApplyWide(sums, height, width, channels, filter);
            Assert.That(narrow, Is.EqualTo(sums), $"{height} x {width}");
        }
    }

    // Black and white alone drive the sums to their ends, and the cubic filter beyond black and white.
    private static byte[] Bytes(RandomStream random, int length)
    {
        bool extreme = random.NextBoolean(0.3);
        return [.. Enumerable.Range(0, length).Select(_ => extreme ? (byte)(random.NextBoolean(0.5) ? 255 : 0) : (byte)random.NextInt32(256))];
    }
}
