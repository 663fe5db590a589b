using EchoApex.Core.Datasets.Ingest;
using EchoApex.Core.Imaging;

namespace EchoApex.Core.Tests.Datasets.Ingest;

/// <summary>Which frames of a clip are stored, and what of them.</summary>
internal sealed class SectorFrameCutterTests
{
    private const int Height = 20, Width = 40;

    [Test]
    public void Cut_LeavesOutRepetitionsWithinTheSectorAlone()
    {
        // Frames 1 and 4 repeat theirs; frame 2 differs by one level in one pixel, frame 5 outside the sector alone.
        byte[][] frames = [Frame(60), Frame(60), Frame(60, at: (10, 20), level: 61), Frame(90), Frame(90), Frame(90, at: (10, 1), level: 200)];
        var clip = new EchoClip(new MemoryFrameStore([.. frames.SelectMany(frame => frame)], frames.Length, Height, Width, 1), new ClipOrigin("test", "memory"));
        using var decoded = new DecodedFrames(clip, 1 << 20, CancellationToken.None);
        byte[] mask = [.. Enumerable.Range(0, 16 * 32).Select(i => i % 32 < 4 ? (byte)0 : (byte)255)];
        var crop = new SectorCrop(0, 2, 32, 16, mask, 1, "test");

        var (exact, indices, repeated) = SectorFrameCutter.Cut(decoded, clip, crop, new IngestOptions { RepeatThreshold = 0 });
        Assert.That(indices, Is.EqualTo(new[] { 0, 2, 3 }));
        Assert.That(repeated, Is.EqualTo(3));
        Assert.That((exact.Height, exact.Width, exact.FrameCount), Is.EqualTo((16, 32, 3)));
        Assert.That(exact[1].Pixels.Span[(8 * 32) + 20], Is.EqualTo(61));
        Assert.That(exact[0].Pixels.ToArray().Select((value, i) => value == (i % 32 < 4 ? 0 : 60)), Is.All.True);

        var (_, coarse, _) = SectorFrameCutter.Cut(decoded, clip, crop, new IngestOptions { RepeatThreshold = 0.1 });
        Assert.That(coarse, Is.EqualTo(new[] { 0, 3 }), "one level in one pixel is less than 0.1 a pixel");
    }

    [Test]
    public void ChangesMoreThan_ASumThatIsReached_IsNotMore()
    {
        byte[] mask = [.. Enumerable.Repeat((byte)255, Height * Width)];
        var crop = new SectorCrop(0, 0, Width, Height, mask, 1, "test");
        byte[] before = Frame(60), now = Frame(60, at: (3, 3), level: 70);
        Assert.That(crop.ChangesMoreThan(before, now, Width, 10), Is.False);
        Assert.That(crop.ChangesMoreThan(before, now, Width, 9.9), Is.True);
        Assert.That(crop.ChangesMoreThan(before, before, Width, 0), Is.False);
    }

    private static byte[] Frame(byte level) => [.. Enumerable.Repeat(level, Height * Width)];

    private static byte[] Frame(byte background, (int Row, int Column) at, byte level)
    {
        byte[] frame = Frame(background);
        frame[(at.Row * Width) + at.Column] = level;
        return frame;
    }
}
