using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Tests.Sources.Dicom;
using EchoApex.Testing;
using OpenCvSharp;

namespace EchoApex.Core.Tests.Sources.Images;

public sealed class PictureClipSourceTests
{
    private static EchoClip Clip(int frames, int channels, int height = 5, int width = 7) => new(
        new MemoryFrameStore([.. Enumerable.Range(0, frames * height * width * channels).Select(i => (byte)(i * 31))], frames, height, width, channels),
        new ClipOrigin("memory", "memory"));

    [TestCase(1)]
    [TestCase(3)]
    public void Open_OfFolderWrittenByPngClipWriter_GivesTheSamePixels(int channels)
    {
        using var folder = new TemporaryFolder();
        var clip = Clip(3, channels);
        PngClipWriter.Write(folder.File("clip"), clip);
        var read = new PictureClipSource().Open(folder.File("clip"));
        Assert.Multiple(() =>
        {
            Assert.That((read.FrameCount, read.Height, read.Width, read.Channels), Is.EqualTo((3, 5, 7, channels)));
            Assert.That(Enumerable.Range(0, 3).Select(read.ReadFrame), Is.EqualTo(Enumerable.Range(0, 3).Select(clip.ReadFrame)));
            Assert.That(Directory.GetFiles(folder.File("clip")).Select(Path.GetFileName).Order(), Is.EqualTo(new[] { "frame_0000.png", "frame_0001.png", "frame_0002.png" }));
        });
    }

    [TestCase("frame1.png", "frame2.png", "frame10.png", "frame120.png")]
    [TestCase("frame_0002.png", "frame_0010.png", "frame_0100.png")]
    [TestCase("a9b1.png", "a9b12.png", "a10b2.png", "b1.png")]
    [TestCase("f1.png", "f2.png", "f18446744073709551616.png", "f18446744073709551617.png")]
    [TestCase("f001.png", "f01.png", "f1.png", "f2.png")]
    public void Open_OfFolderWithNumberedNames_TakesThemInOrderOfTheNumbers(params string[] names)
    {
        using var folder = new TemporaryFolder();
        for (int i = names.Length - 1; i >= 0; i--)
        {
            File.WriteAllBytes(folder.File(names[i]), PngClipWriter.Encode([(byte)i], 1, 1, 1));
        }

        var clip = new PictureClipSource().Open(folder.Path);
        Assert.That(Enumerable.Range(0, clip.FrameCount).Select(i => (int)clip.ReadFrame(i)[0]), Is.EqualTo(Enumerable.Range(0, names.Length)));
    }

    [Test]
    public void Open_OfFolderWithHiddenFiles_LeavesThemOut()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("frame_0001.png"), PngClipWriter.Encode([7], 1, 1, 1));
        File.WriteAllBytes(folder.File("._frame_0001.png"), [0, 5, 22, 7]);
        Assert.That(new PictureClipSource().Open(folder.Path).FrameCount, Is.EqualTo(1));
    }

    [Test]
    public void Write_IntoFolderThatIsNotEmpty_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x"), "x");
        Assert.That(() => PngClipWriter.Write(folder.Path, Clip(1, 1)), Throws.InstanceOf<EchoApexException>().With.Message.Contains("not empty"));
    }

    [Test]
    public void Open_OfOneJpeg_GivesOneFrame()
    {
        using var picture = new Mat(16, 24, MatType.CV_8UC3, new Scalar(40, 80, 200));
        Cv2.ImEncode(".jpg", picture, out byte[] bytes);
        using var file = new TestFile(bytes);
        var clip = new PictureClipSource().Open(file.Path);
        byte[] frame = clip.ReadFrame(0);
        Assert.Multiple(() =>
        {
            Assert.That((clip.FrameCount, clip.Height, clip.Width, clip.Channels, clip.Origin.Format), Is.EqualTo((1, 16, 24, 3, "JPEG")));
            Assert.That(frame[0], Is.EqualTo(200).Within(3));
            Assert.That(frame[2], Is.EqualTo(40).Within(3));
        });
    }

    [Test]
    public void Open_OfPicturesOfDifferentSize_NamesTheOddOne()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.png"), PngClipWriter.Encode(new byte[12], 3, 4, 1));
        File.WriteAllBytes(folder.File("b.png"), PngClipWriter.Encode(new byte[12], 4, 3, 1));
        Assert.That(() => new PictureClipSource().Open(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("b.png").And.Message.Contains("one size"));
    }

    [Test]
    public void Open_OfGrayAmongColour_MakesAllFramesColour()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.png"), PngClipWriter.Encode([9], 1, 1, 1));
        File.WriteAllBytes(folder.File("b.png"), PngClipWriter.Encode([1, 2, 3], 1, 1, 3));
        var clip = new PictureClipSource().Open(folder.Path);
        Assert.That(new[] { clip.ReadFrame(0), clip.ReadFrame(1) }, Is.EqualTo(new byte[][] { [9, 9, 9], [1, 2, 3] }));
    }

    [TestCase(".png")]
    [TestCase(".jpg")]
    public void Open_OfPictureCutAnywhere_GivesOneClearError(string extension)
    {
        byte[] noise = [.. Enumerable.Range(0, 20 * 20).Select(i => (byte)(i * i * 7))];
        using var picture = Mat.FromPixelData(20, 20, MatType.CV_8UC1, noise);
        Cv2.ImEncode(extension, picture, out byte[] bytes);
        for (int length = 0; length < bytes.Length - 1; length += 3)
        {
            using var file = new TestFile(bytes[..length], extension);
            Assert.That(() => new PictureClipSource().Open(file.Path).ReadFrame(0), Throws.InstanceOf<DataException>(), $"cut to {length} of {bytes.Length}");
        }
    }

    [Test]
    public void Open_OfHeaderThatClaimsTooMuch_IsRefused()
    {
        byte[] bytes = PngClipWriter.Encode(new byte[12], 3, 4, 1);
        bytes[16] = bytes[20] = 0x7F;
        using var file = new TestFile(bytes);
        Assert.That(() => new PictureClipSource().Open(file.Path), Throws.InstanceOf<DataException>().With.Message.Contains("pixels"));
    }

    [Test]
    public void ReadFrame_OfDamagedPng_GivesOneClearError()
    {
        byte[] bytes = PngClipWriter.Encode([.. Enumerable.Range(0, 4000).Select(i => (byte)(i * i))], 40, 100, 1);
        bytes[60] ^= 0xFF;
        using var file = new TestFile(bytes);
        Assert.That(() => new PictureClipSource().Open(file.Path).ReadFrame(0), Throws.InstanceOf<DataException>().With.Message.Contains("damaged"));
    }

    [Test]
    public void Open_OfFolderWithoutPictures_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => new PictureClipSource().Open(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("no PNG or JPEG"));
    }
}
