using System.Buffers.Binary;
using System.Text;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Video;
using EchoApex.Testing;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Sources.Video;

public sealed class AviClipWriterTests
{
    [TestCase(1)]
    [TestCase(3)]
    public void Write_Clip_VideoCaptureReadsEveryFrame(int channels)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("clip.avi");
        var clip = TestClips.Make(channels, frames: 5, height: 48, width: 64);
        AviClipWriter.Write(path, clip);
        using var capture = new VideoCapture(path);
        Assert.That(capture.Fps, Is.EqualTo(40).Within(1e-6));
        using var frame = new Mat();
        for (int i = 0; i < 5; i++)
        {
            Assert.That(capture.Read(frame), Is.True, $"frame {i}");
            Assert.That(frame.At<Vec3b>(30, 20).Item2, Is.EqualTo(clip.ReadFrame(i)[((30 * 64) + 20) * channels]).Within(6), $"frame {i}");
        }

        Assert.That(capture.Read(frame), Is.False);
    }

    [Test]
    public void Write_Clip_SizesAndIndexAreExact()
    {
        byte[] file = Bytes(TestClips.Make(1, frames: 4));
        Assert.That(Code(file, 0), Is.EqualTo("RIFF"));
        Assert.That(Number(file, 4), Is.EqualTo(file.Length - 8));
        Assert.That(Code(file, 8), Is.EqualTo("AVI "));
        int movie = 12 + 8 + (int)Number(file, 16);
        Assert.That(Code(file, movie + 8), Is.EqualTo("movi"));
        int index = movie + 8 + (int)Number(file, movie + 4);
        Assert.That(Code(file, index), Is.EqualTo("idx1"));
        Assert.That(Number(file, index + 4), Is.EqualTo(4 * 16));
        int largest = 0;
        for (int i = 0; i < 4; i++)
        {
            int entry = index + 8 + (16 * i);
            int chunk = movie + 8 + (int)Number(file, entry + 8);
            int length = (int)Number(file, entry + 12);
            largest = Math.Max(largest, length);
            Assert.That(Code(file, chunk), Is.EqualTo("00dc"));
            Assert.That(Number(file, chunk + 4), Is.EqualTo(length));
            Assert.That(file.AsSpan(chunk + 8, 2).ToArray(), Is.EqualTo(new byte[] { 0xFF, 0xD8 }), "a JPEG stream starts");
            Assert.That(file.AsSpan(chunk + 8 + length - 2, 2).ToArray(), Is.EqualTo(new byte[] { 0xFF, 0xD9 }), "and ends");
        }

        Assert.That(index + 8 + (4 * 16), Is.EqualTo(file.Length));
        Assert.That(Number(file, 32), Is.EqualTo(25_000), "microseconds a frame");
        Assert.That(Number(file, 48), Is.EqualTo(4), "frames");
        Assert.That(Number(file, 60), Is.EqualTo(largest), "the main header's buffer size");
        Assert.That(Number(file, 60 + 84), Is.EqualTo(largest), "the stream header's buffer size");
    }

    [Test]
    public void Write_Options_HaveAnEffect()
    {
        var clip = TestClips.Make(1, height: 64, width: 64);
        Assert.That(Bytes(clip, new AviWriteOptions { JpegQuality = 20 }).Length, Is.LessThan(Bytes(clip, new AviWriteOptions { JpegQuality = 98 }).Length));
        var timeless = new EchoClip(new MemoryFrameStore(new byte[2 * 16], 2, 4, 4, 1), new ClipOrigin("test", "memory"));
        Assert.That(Number(Bytes(timeless), 32), Is.EqualTo(33_333));
        Assert.That(Number(Bytes(timeless, new AviWriteOptions { FallbackFramesPerSecond = 50 }), 32), Is.EqualTo(20_000));
    }

    [Test]
    public void Write_ThenOpen_GivesGrayFramesAndTheFrameRateBack()
    {
        using var folder = new TemporaryFolder();
        var clip = TestClips.Make(1, frames: 4, height: 48, width: 64);
        AviClipWriter.Write(folder.File("clip.avi"), clip, new AviWriteOptions { JpegQuality = 100 });
        var read = ClipReader.Open(folder.File("clip.avi"));
        Assert.That((read.FrameCount, read.Height, read.Width), Is.EqualTo((4, 48, 64)));
        Assert.That(read.FramesPerSecond, Is.EqualTo(40).Within(1e-6));
        byte[] frame = read.ReadFrame(2);
        byte[] first = [.. Enumerable.Range(0, 48 * 64).Select(i => frame[i * read.Channels])];
        Assert.That(first, Is.EqualTo(clip.ReadFrame(2)).Within(12));
    }

    [Test]
    public void Write_SameClip_SameBytes() => Assert.That(Bytes(TestClips.Make(3)), Is.EqualTo(Bytes(TestClips.Make(3))));

    [Test]
    public void Write_OptionOutOfRange_NamesItAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        Assert.That(
            () => AviClipWriter.Write(folder.File("clip.avi"), TestClips.Make(1), new AviWriteOptions { JpegQuality = 101 }),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("jpeg_quality: 101"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    private static byte[] Bytes(EchoClip clip, AviWriteOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        AviClipWriter.Write(folder.File("clip.avi"), clip, options);
        return File.ReadAllBytes(folder.File("clip.avi"));
    }

    private static string Code(byte[] file, int position) => Encoding.ASCII.GetString(file, position, 4);

    private static uint Number(byte[] file, int position) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(position));
}
