using System.Text.Json;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Video;
using EchoApex.Core.Tests.Sources.Dicom;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Video;

public sealed class VideoClipSourceTests
{
    private const int Height = 48;
    private const int Width = 64;

    private static readonly JsonElement Variable = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Golden, "codecs", "variable-rate.json"))).RootElement;

    private static IEnumerable<TestCaseData> VariableStreams => Variable.GetProperty("streams").EnumerateArray().Select(stream =>
        new TestCaseData(stream.GetProperty("stream").GetBytesFromBase64(), stream.GetProperty("extension").GetString()).SetArgDisplayNames(stream.GetProperty("name").GetString()!));

    private static EchoClip Clip(int channels, int frames = 5)
    {
        byte[] pixels = new byte[frames * Height * Width * channels];
        for (int i = 0; i < pixels.Length; i++)
        {
            int pixel = i / channels;
            pixels[i] = (byte)((pixel % Width * 2) + (pixel / (Height * Width) * 20) + (channels == 3 ? i % 3 * 20 : 0));
        }

        return new EchoClip(new MemoryFrameStore(pixels, frames, Height, Width, channels), new ClipOrigin("memory", "memory"))
        {
            FrameTimesMs = [.. Enumerable.Range(0, frames).Select(i => i * 40.0)],
        };
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Open_OfMotionJpeg_GivesFramesTimesAndChannels(int channels)
    {
        using var folder = new TemporaryFolder();
        var clip = Clip(channels);
        AviClipWriter.Write(folder.File("clip.avi"), clip);
        var read = new VideoClipSource().Open(folder.File("clip.avi"));
        Assert.Multiple(() =>
        {
            Assert.That((read.FrameCount, read.Height, read.Width, read.Channels), Is.EqualTo((5, Height, Width, channels)));
            Assert.That(read.FrameTimesMs, Is.EqualTo(clip.FrameTimesMs).Within(1e-6));
            Assert.That((read.Origin.Format, read.Origin.Encoding), Is.EqualTo(("AVI", "MJPG")).IgnoreCase);
            for (int frame = 0; frame < 5; frame++)
            {
                int worst = read.ReadFrame(frame).Zip(clip.ReadFrame(frame), (a, b) => Math.Abs(a - b)).Max();
                Assert.That(worst, Is.LessThanOrEqualTo(12), $"frame {frame}");
            }
        });
    }

    [TestCaseSource(nameof(VariableStreams))]
    public void Open_OfVariableFrameRate_GivesTheTimeStamps(byte[] stream, string extension)
    {
        using var file = new TestFile(stream, extension);
        var clip = new VideoClipSource().Open(file.Path);
        Assert.Multiple(() =>
        {
            Assert.That(clip.FrameTimesMs, Is.EqualTo(Variable.GetProperty("times_ms").EnumerateArray().Select(time => time.GetDouble())).Within(1e-6));
            Assert.That(Enumerable.Range(0, clip.FrameCount).Select(i => (int)clip.ReadFrame(i)[0]), Is.EqualTo(Variable.GetProperty("levels").EnumerateArray().Select(level => level.GetInt32())).Within(3));
            Assert.That(clip.Notes, Is.Empty);
        });
    }

    // Whole milliseconds of 30 frames a second; a stamp missing; every third frame missing; a rate that says nothing; the last stamp missing.
    [TestCase(30.0, new double[] { 5, 38, 72, 105 }, new[] { 0, 100 / 3.0, 200 / 3.0, 100 }, null)]
    [TestCase(25.0, new double[] { 0, 40, 0, 120 }, new double[] { 0, 40, 80, 120 }, "no usable time stamps; frame times follow its rate of 25 frames")]
    [TestCase(25.0, new double[] { 0, 40, 120, 160 }, new double[] { 0, 40, 120, 160 }, null)]
    [TestCase(null, new double[] { 7, 17, 37, 47 }, new double[] { 0, 10, 30, 40 }, null)]
    [TestCase(25.0, new double[] { 7, 17, 37, 0 }, new double[] { 0, 10, 30, 50 }, "last frame has no time stamp")]
    [TestCase(30.0, new double[] { 5, 38, 72, 0 }, new[] { 0, 100 / 3.0, 200 / 3.0, 100 }, null)]
    [TestCase(null, new double[] { 0, 0, 0, 0 }, null, "frame times are unknown")]
    public void FrameTimes_OfRateAndStamps_TakesTheStampsWhereTheyDiffer(double? rate, double[] stamps, double[]? expected, string? note)
    {
        List<string> notes = [];
        double[]? times = new DecodedVideo([[0], [0], [0], [0]], 1, 1, rate, null, "test") { StampsMs = stamps }.FrameTimes(notes);
        Assert.That(times, expected is null ? Is.Null : Is.EqualTo(expected).Within(1e-9));
        Assert.That(notes, note is null ? Is.Empty : Has.One.Contains(note));
    }

    [Test]
    public void Open_OfFileThatCannotBeRead_GivesOneClearError()
    {
        using var file = new TestFile(new byte[64], ".mp4");
        using var locked = new FileStream(file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.That(() => new VideoClipSource().Open(file.Path), Throws.InstanceOf<DataException>().With.Message.Contains(file.Path).And.Message.Contains("cannot be read"));
    }

    [Test]
    public void Open_OfVideoCutShort_SaysSo()
    {
        using var folder = new TemporaryFolder();
        AviClipWriter.Write(folder.File("clip.avi"), Clip(1));
        byte[] bytes = File.ReadAllBytes(folder.File("clip.avi"));
        foreach (int length in new[] { 0, 5, 20, 100, bytes.Length / 2, bytes.Length - 10 })
        {
            using var file = new TestFile(bytes[..length], ".avi");
            Assert.That(() => new VideoClipSource().Open(file.Path), Throws.InstanceOf<DataException>(), $"cut to {length} of {bytes.Length}");
        }
    }

    [TestCase(".avi")]
    [TestCase(".mp4")]
    [TestCase(".mkv")]
    public void Open_OfRandomBytes_GivesOneClearError(string extension)
    {
        var random = new RandomStream(3);
        using var file = new TestFile([.. Enumerable.Range(0, 5000).Select(_ => (byte)random.NextUInt64())], extension);
        Assert.That(() => new VideoClipSource().Open(file.Path), Throws.InstanceOf<DataException>());
    }

    [Test]
    public void Open_OfRealMp4_CountsDecodedFrames()
    {
        string path = Samples.Require("video/Example1.mp4");
        var clip = new VideoClipSource().Open(path);
        Assert.Multiple(() =>
        {
            Assert.That((clip.FrameCount, clip.Height, clip.Width), Is.EqualTo((120, 582, 582)));
            Assert.That(clip.FramesPerSecond, Is.EqualTo(30).Within(0.01));
        });
    }

    [Test]
    public void Open_OfRealMp4CutShort_SaysSo()
    {
        byte[] bytes = File.ReadAllBytes(Samples.Require("video/Example1.mp4"));
        using var file = new TestFile(bytes[..(bytes.Length * 2 / 3)], ".mp4");
        Assert.That(() => new VideoClipSource().Open(file.Path), Throws.InstanceOf<DataException>().With.Message.Contains("cut short"));
    }
}
