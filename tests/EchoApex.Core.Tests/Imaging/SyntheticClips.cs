using EchoApex.Core.Imaging;

namespace EchoApex.Core.Tests.Imaging;

/// <summary>Small clips of a fan that moves, with text beside it.</summary>
internal static class SyntheticClips
{
    public const int Height = 200;
    public const int Width = 260;

    /// <summary>Whether a pixel lies in the fan: apex at (130, 10), half-angle 40 degrees, radius 170.</summary>
    public static bool IsInFan(int x, int y)
    {
        double dx = x - 130;
        double dy = y - 10;
        double radius = Math.Sqrt((dx * dx) + (dy * dy));
        return dy > 0 && radius <= 170 && Math.Abs(dx) <= dy * Math.Tan(40 * Math.PI / 180);
    }

    /// <summary>Whether a pixel carries text: thin strokes in the left upper corner and a trace at the bottom.</summary>
    public static bool IsText(int x, int y) => (x < 50 && y < 30 && x % 5 == 0) || (y is 190 or 191);

    public static EchoClip Fan(int frames, bool moving, int channels = 1, IReadOnlyList<UltrasoundRegion>? regions = null)
    {
        byte[] pixels = new byte[frames * Height * Width * channels];
        int at = 0;
        for (int t = 0; t < frames; t++)
        {
            for (int y = 0; y < Height; y++)
            {
                for (int x = 0; x < Width; x++)
                {
                    int speckle = ((x * 7919) + (y * 104729) + (moving ? t * 15485863 : 0)) % 97;
                    byte value = IsText(x, y) ? (byte)255 : IsInFan(x, y) ? (byte)(60 + speckle) : (byte)0;
                    for (int c = 0; c < channels; c++)
                    {
                        pixels[at++] = value;
                    }
                }
            }
        }

        return new EchoClip(new MemoryFrameStore(pixels, frames, Height, Width, channels), new ClipOrigin("memory", "memory")) { Regions = regions ?? [] };
    }

    public static EchoClip Flat(byte value, int height = 40, int width = 60, int channels = 1)
    {
        byte[] pixels = new byte[height * width * channels];
        pixels.AsSpan().Fill(value);
        return new EchoClip(new MemoryFrameStore(pixels, 1, height, width, channels), new ClipOrigin("memory", "memory"));
    }
}
