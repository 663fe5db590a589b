using EchoApex.Core.Imaging;

namespace EchoApex.Core.Tests.Imaging;

public sealed class EchoClipTests
{
    private static EchoClip Clip() =>
        new(new MemoryFrameStore([.. Enumerable.Range(0, 2 * 3 * 4).Select(i => (byte)i)], 2, 3, 4, 1), new ClipOrigin("memory", "memory"))
        {
            FrameTimesMs = [0, 20],
        };

    [Test]
    public void ReadFrame_SecondFrame_GivesItsBytes() =>
        Assert.That(Clip().ReadFrame(1), Is.EqualTo(Enumerable.Range(12, 12)));

    [Test]
    public void ReadFrame_OutOfRangeOrShortDestination_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Clip().ReadFrame(2));
        Assert.Throws<ArgumentException>(() => Clip().ReadFrame(0, new byte[11]));
    }

    [Test]
    public void FramesPerSecond_FromTimes_OrAbsent()
    {
        Assert.That(Clip().FramesPerSecond, Is.EqualTo(50));
        Assert.That(new EchoClip(new MemoryFrameStore([0], 1, 1, 1, 1), new ClipOrigin("m", "m")).FramesPerSecond, Is.Null);
    }

    [Test]
    public void MemoryFrameStore_WrongLength_Throws() =>
        Assert.Throws<ArgumentException>(() => _ = new MemoryFrameStore(new byte[5], 1, 2, 3, 1));

    [Test]
    public void WithFrames_AddsTheNoteAndKeepsTimes()
    {
        var changed = Clip().WithFrames(new MemoryFrameStore(new byte[2], 2, 1, 1, 1), "cropped", new PixelSpacing(0.1, 0.2), []);
        Assert.That(changed.Notes, Is.EqualTo(new[] { "cropped" }));
        Assert.That(changed.FrameTimesMs, Is.EqualTo(new[] { 0.0, 20.0 }));
        Assert.That(changed.Spacing, Is.EqualTo(new PixelSpacing(0.1, 0.2)));
    }
}
