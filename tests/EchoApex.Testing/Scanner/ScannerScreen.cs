using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using OpenCvSharp;

namespace EchoApex.Testing.Scanner;

/// <summary>
/// Draws clips as scanners show them: a fan of moving or still speckle on a black canvas, and around it depth ticks, a gray
/// or colour bar, an ECG trace that runs, a maker's mark, a clock and a heart rate that change, names and numbers at random
/// places, some of them touching the fan. Equal seed and index give equal bytes.
/// </summary>
public static class ScannerScreen
{
    private static readonly (int Width, int Height)[] Sizes =
        [(320, 240), (480, 430), (600, 430), (640, 480), (636, 436), (708, 512), (800, 600), (1016, 708), (1024, 768)];

    private static readonly string[] Makers = ["PHILLIPPS", "SCANVISION", "ACME US", "VIVA E9", "MEDSON"];

    /// <summary>Draws a clip.</summary>
    public static ScannerClip Generate(ScannerOptions options, ulong seed, int index)
    {
        var random = RandomStream.For(seed, "scanner-screen", index);
        var (width, height) = options.Size ?? Sizes[random.NextInt32(Sizes.Length)];
        string kind = options.Kind ?? ScannerFan.Kinds[index % ScannerFan.Kinds.Count];
        bool still = options.Still ?? index % 3 == 2;
        bool color = options.Color ?? index % 4 == 1;
        var fan = ScannerFan.Draw(kind, width, height, random);
        byte[] isFan = new byte[width * height];
        for (int i = 0; i < isFan.Length; i++)
        {
            isFan[i] = fan.Contains(i % width, i / width) ? (byte)255 : (byte)0;
        }

        var tissue = new ScannerTissue(fan, isFan, width, height, options.Dim, random);
        var overlay = new ScannerOverlay(fan, isFan, width, height, Makers[random.NextInt32(Makers.Length)], random);
        byte[] drawn = new byte[width * height];
        byte[] pixels = new byte[options.Frames * width * height * 3];
        for (int t = 0; t < options.Frames; t++)
        {
            using var frame = new Mat(height, width, MatType.CV_8UC3, Scalar.Black);
            tissue.Draw(frame, still ? 0 : t, still, color);
            using var before = frame.Clone();
            overlay.Draw(frame, t);
            Mark(before, frame, isFan, drawn);
            frame.GetArray(out Vec3b[] values);
            Span<byte> to = pixels.AsSpan(t * width * height * 3, width * height * 3);
            for (int i = 0; i < values.Length; i++)
            {
                (to[3 * i], to[(3 * i) + 1], to[(3 * i) + 2]) = (values[i].Item2, values[i].Item1, values[i].Item0);
            }
        }

        var clip = new EchoClip(new MemoryFrameStore(pixels, options.Frames, height, width, 3), new ClipOrigin($"scanner-{seed}-{index}", "memory"))
        {
            FrameTimesMs = options.Frames > 1 ? [.. Enumerable.Range(0, options.Frames).Select(i => i * 25.0)] : null,
            Spacing = new PixelSpacing(0.3, 0.3),
            Scanner = overlay.Maker,
        };
        return new ScannerClip(clip, (options.Dim ? "dim " : "") + kind + (still ? ", still" : ""), isFan, drawn, overlay.Words);
    }

    private static void Mark(Mat before, Mat after, byte[] isFan, byte[] drawn)
    {
        before.GetArray(out Vec3b[] old);
        after.GetArray(out Vec3b[] now);
        for (int i = 0; i < old.Length; i++)
        {
            if (isFan[i] == 0 && old[i] != now[i])
            {
                drawn[i] = 255;
            }
        }
    }
}
