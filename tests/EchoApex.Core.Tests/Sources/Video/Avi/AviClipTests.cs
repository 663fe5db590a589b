using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Video;
using EchoApex.Core.Sources.Video.Avi;
using EchoApex.Core.Tests.Sources.Dicom;
using EchoApex.Testing;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Sources.Video.Avi;

public sealed class AviClipTests
{
    private const int Width = 32;
    private const int Height = 24;

    private static byte[] Jpeg(int level, bool color = false)
    {
        using var picture = new Mat(Height, Width, color ? MatType.CV_8UC3 : MatType.CV_8UC1, Scalar.All(level));
        Cv2.ImEncode(".jpg", picture, out byte[] bytes, [(int)ImwriteFlags.JpegQuality, 95]);
        return bytes;
    }

    private static AviBuilder Frames(params int[] levels)
    {
        var builder = new AviBuilder(Width, Height);
        foreach (int level in levels)
        {
            builder.Frame(level < 0 ? [] : Jpeg(level));
        }

        return builder;
    }

    private static EchoClip Open(AviBuilder builder, out TestFile file)
    {
        file = new TestFile(builder.ToFile(), ".avi");
        return new VideoClipSource().Open(file.Path);
    }

    private static void AssertLevels(AviBuilder builder, int[] levels, string? note = null)
    {
        var clip = Open(builder, out var file);
        using (file)
        {
            // Backwards: each frame is found by itself.
            int[] read = new int[clip.FrameCount];
            for (int i = clip.FrameCount - 1; i >= 0; i--)
            {
                read[i] = clip.ReadFrame(i)[(Width * Height / 2) * clip.Channels];
            }

            Assert.Multiple(() =>
            {
                Assert.That(clip.Notes, note is null ? Is.Empty : Has.One.Contains(note));
                Assert.That(read, Is.EqualTo(levels).Within(2));
                Assert.That(clip.FrameTimesMs, Is.EqualTo(Enumerable.Range(0, levels.Length).Select(i => i * 40.0)).Within(1e-9));
            });
        }
    }

    [TestCase("right", null)]
    [TestCase("absolute", null)]
    [TestCase("none", "missing or wrong")]
    [TestCase("wrong", "missing or wrong")]
    [TestCase("short", "incomplete (3 entries)")]
    public void Open_WithEveryKindOfIndex_FindsAllFrames(string index, string? note)
    {
        var builder = Frames(10, 60, 110, 160, 210);
        builder.Index = index;
        AssertLevels(builder, [10, 60, 110, 160, 210], note);
    }

    [Test]
    public void Open_WithOpenDmlIndexOverTwoParts_FindsAllFrames()
    {
        var builder = Frames(10, 60, 110, 160, 210);
        builder.OpenDml = true;
        AssertLevels(builder, [10, 60, 110, 160, 210]);
    }

    [Test]
    public void TryOpen_OfIndexThatNamesOneLargePartOverAndOver_ReadsItOnce()
    {
        var builder = Frames(10, 60);
        builder.OpenDml = true;
        byte[] written = builder.ToFile();
        byte[] file = [.. written, .. new byte[9 * written.Length]];
        int super = file.AsSpan().IndexOf("indx"u8) + 8;
        long part = BitConverter.ToInt64(file, super + 24);
        for (int entry = super + 24; entry <= super + 40; entry += 16)
        {
            BitConverter.TryWriteBytes(file.AsSpan(entry), part);
            BitConverter.TryWriteBytes(file.AsSpan(entry + 8), (uint)(file.Length - part));
        }

        // The part says that it holds no entry, in all its length.
        BitConverter.TryWriteBytes(file.AsSpan((int)part + 12), 0);
        var source = new CountingByteSource(file);
        Assert.Multiple(() =>
        {
            Assert.That(AviFile.TryOpen(source)!.Chunks, Has.Count.EqualTo(2));
            Assert.That(source.Count, Is.LessThan(1.2 * file.Length));
        });
    }

    [Test]
    public void Open_WithEmptyChunks_RepeatsTheFrameBefore() =>
        AssertLevels(Frames(10, -1, -1, 160, -1), [10, 10, 10, 160, 160], "3 of 5 frames repeat");

    [Test]
    public void Open_WithFewerFramesThanAnnounced_SaysSo()
    {
        var builder = Frames(10, 60);
        builder.DeclaredFrames = 999;
        AssertLevels(builder, [10, 60], "announces 999 frames; the file holds 2");
    }

    [Test]
    public void ReadFrame_WithoutHuffmanTables_UsesTheStandardOnes()
    {
        byte[] stream = Jpeg(120, color: true);
        List<byte> bare = [.. stream[..2]];
        for (int i = 2; i < stream.Length;)
        {
            int length = stream[i + 1] == 0xDA ? stream.Length - i : 2 + ((stream[i + 2] << 8) | stream[i + 3]);
            if (stream[i + 1] != 0xC4)
            {
                bare.AddRange(stream[i..(i + length)]);
            }

            i += length;
        }

        Assert.That(bare, Has.Count.LessThan(stream.Length - 400));
        var clip = Open(new AviBuilder(Width, Height).Frame([.. bare]), out var file);
        using (file)
        {
            Assert.That(clip.Channels, Is.EqualTo(3));
            Assert.That(clip.ReadFrame(0), Is.All.InRange(118, 122));
        }
    }

    [Test]
    public void ReadFrame_OfDamagedFrame_NamesItAndTheOthersStayReadable()
    {
        var clip = Open(new AviBuilder(Width, Height).Frame(Jpeg(10)).Frame([1, 2, 3, 4]).Frame(Jpeg(160)), out var file);
        using (file)
        {
            Assert.That(() => clip.ReadFrame(1), Throws.InstanceOf<DataException>().With.Message.Contains("frame 1"));
            Assert.That(clip.ReadFrame(2)[0], Is.EqualTo(160).Within(2));
        }
    }

    // Files of AviClipWriter, which FFmpeg opens; the marker's two bytes stand nowhere else in them.
    [TestCase(1)]
    [TestCase(4)]
    public void Open_OfFramesWithoutEndMarkers_LeavesThemToFfmpeg(int frames)
    {
        using var folder = new TemporaryFolder();
        var clip = TestClips.Make(1, frames, height: 48, width: 64);
        AviClipWriter.Write(folder.File("clip.avi"), clip);
        byte[] bytes = File.ReadAllBytes(folder.File("clip.avi"));
        for (int at; (at = bytes.AsSpan().IndexOf<byte>([0xFF, 0xD9])) >= 0;)
        {
            bytes.AsSpan(at, 2).Clear();
        }

        File.WriteAllBytes(folder.File("bare.avi"), bytes);
        var bare = new VideoClipSource().Open(folder.File("bare.avi"));
        Assert.Multiple(() =>
        {
            Assert.That(bare.FrameCount, Is.EqualTo(frames));
            for (int frame = 0; frame < frames; frame++)
            {
                Assert.That(bare.ReadFrame(frame), Is.EqualTo(clip.ReadFrame(frame)).Within(12), $"frame {frame}");
            }
        });
    }

    [Test]
    public void ReadFrame_OfOneFrameWithoutEndMarker_NamesItAndTheOthersStayReadable()
    {
        var clip = Open(new AviBuilder(Width, Height).Frame(Jpeg(10)[..^2]).Frame(Jpeg(60)), out var file);
        using (file)
        {
            Assert.That(() => clip.ReadFrame(0), Throws.InstanceOf<DataException>().With.Message.Contains("no end marker"));
            Assert.That(clip.ReadFrame(1)[0], Is.EqualTo(60).Within(2));
        }
    }

    [Test]
    public void ReadFrame_OfOtherSizeThanTheFirst_IsRefused()
    {
        using var small = new Mat(8, 8, MatType.CV_8UC1, Scalar.All(9));
        Cv2.ImEncode(".jpg", small, out byte[] bytes);
        var clip = Open(new AviBuilder(Width, Height).Frame(Jpeg(10)).Frame(bytes), out var file);
        using (file)
        {
            Assert.That(() => clip.ReadFrame(1), Throws.InstanceOf<DataException>().With.Message.Contains("8 x 8"));
        }
    }

    [Test]
    public void ReadFrame_OfColouredFrameInAGrayClip_IsRefused()
    {
        var clip = Open(new AviBuilder(Width, Height).Frame(Jpeg(10)).Frame(Jpeg(10, color: true)), out var file);
        using (file)
        {
            Assert.That(() => clip.ReadFrame(1), Throws.InstanceOf<DataException>().With.Message.Contains("3 components"));
        }
    }
}
