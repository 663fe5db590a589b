using EchoApex.Core.Datasets;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Tests.SelfDistillation;

internal static class TestImages
{
    /// <summary>Smooth texture inside a fan, 0 outside.</summary>
    public static SectorImage Sector(int height = 120, int width = 140, ulong seed = 1)
    {
        var random = new RandomStream(seed);
        double phase = random.Uniform(0, 6);
        byte[] pixels = new byte[height * width];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double dx = x - ((width - 1) / 2.0);
                bool inside = Math.Abs(dx) <= y * 0.55 && (dx * dx) + (y * y) < height * height;
                double value = 90 + (50 * Math.Sin((x * 0.21) + phase) * Math.Cos(y * 0.13)) + (30 * random.NextDouble());
                pixels[(y * width) + x] = inside ? (byte)Math.Clamp(value, 1, 255) : (byte)0;
            }
        }

        return new SectorImage(pixels, height, width);
    }

    public static SectorImage Of(int height, int width, Func<int, int, int> value)
    {
        byte[] pixels = new byte[height * width];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)value(i / width, i % width);
        }

        return new SectorImage(pixels, height, width);
    }
}
