using EchoApex.Core.Imaging;

namespace EchoApex.Core.Tests.Sources;

/// <summary>Small clips for tests of writers: smooth ramps with a flat band, which run-length coding shortens.</summary>
internal static class TestClips
{
    public static EchoClip Make(int channels, int frames = 3, int height = 21, int width = 35) => Describe(Pixels(channels, frames, height, width), channels, frames, height, width);

    public static byte[] Pixels(int channels, int frames, int height, int width)
    {
        byte[] pixels = new byte[frames * height * width * channels];
        for (int i = 0; i < pixels.Length; i++)
        {
            int pixel = i / channels;
            int x = pixel % width;
            int y = pixel / width % height;
            int frame = pixel / (width * height);
            pixels[i] = (byte)(y is > 5 and < 9 ? 200 : (4 * x) + (3 * y) + (10 * frame) + (20 * (i % channels)));
        }

        return pixels;
    }

    private static EchoClip Describe(byte[] pixels, int channels, int frames, int height, int width) =>
        new(new MemoryFrameStore(pixels, frames, height, width, channels), new ClipOrigin("test", "memory"))
        {
            FrameTimesMs = [.. Enumerable.Range(0, frames).Select(i => 25.0 * i)],
            Spacing = new PixelSpacing(.5, .5),
            HeartRateBpm = 71.6,
            View = "A4C",
            Scanner = "Maker Model",
            Regions = [new UltrasoundRegion(2, 3, 20, 15, RegionKind.Tissue2D, new PixelSpacing(.5, .5))],
        };
}
