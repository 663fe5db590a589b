using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>Opening reads headers, a frame reads itself.</summary>
public sealed class DicomLazyTests
{
    private const int Frames = 500;
    private const int Side = 64;

    private static byte[] Noise(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 37) ^ (i >> 5)))];

    private static byte[] Native() => new DicomBuilder().Image(Side, Side, frames: Frames).Pixels("OB", Noise(Frames * Side * Side)).ToFile(DicomBuilder.ExplicitLittle);

    private static byte[] Rle(bool table)
    {
        byte[] frame = DicomBuilder.EncodeRle(Noise(Side * Side));
        uint[] offsets = [.. Enumerable.Range(0, Frames).Select(i => (uint)(i * (8 + frame.Length + (frame.Length & 1))))];
        return new DicomBuilder().Image(Side, Side, frames: Frames).Fragments(table ? offsets : [], [.. Enumerable.Repeat(frame, Frames)]).ToFile(DicomBuilder.Rle);
    }

    private static IEnumerable<TestCaseData> Files()
    {
        yield return new TestCaseData(Native(), Side * Side).SetArgDisplayNames("native");
        yield return new TestCaseData(Rle(true), DicomBuilder.EncodeRle(Noise(Side * Side)).Length).SetArgDisplayNames("RLE with offset table");
        yield return new TestCaseData(Rle(false), DicomBuilder.EncodeRle(Noise(Side * Side)).Length).SetArgDisplayNames("RLE without offset table");
    }

    [TestCaseSource(nameof(Files))]
    public void Open_OfLongClip_ReadsHeadersAndAFrameReadsItself(byte[] file, int frameLength)
    {
        var source = new CountingByteSource(file);
        var clip = DicomClipSource.Open(source);

        // Elements, and eight bytes for each of the fragments; a table has four bytes a frame.
        Assert.That(source.Count, Is.LessThan(10_000 + (Frames * 12)).And.LessThan(file.Length / 50));
        long opened = source.Count;
        byte[] pixels = clip.ReadFrame(321);
        Assert.Multiple(() =>
        {
            Assert.That(clip.FrameCount, Is.EqualTo(Frames));
            Assert.That(pixels, Has.Length.EqualTo(Side * Side));
            Assert.That(source.Count - opened, Is.EqualTo(frameLength).Within(1));
        });
    }
}
