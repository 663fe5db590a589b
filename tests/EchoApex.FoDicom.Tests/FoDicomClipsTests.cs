using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.FoDicom;
using EchoApex.Testing;
using FellowOakDicom;
using FellowOakDicom.IO.Buffer;

namespace EchoApex.FoDicom.Tests;

public sealed class FoDicomClipsTests
{
    private static EchoClip Phantom() => PhantomGenerator.Generate(new PhantomOptions { ImageSize = 96, Frames = 5, Views = [PhantomView.A4C] }, 3, 0).Clip;

    [TestCase(DicomPixelEncoding.Uncompressed)]
    [TestCase(DicomPixelEncoding.RunLength)]
    [TestCase(DicomPixelEncoding.JpegBaseline)]
    public void ToEchoClip_OfAFile_IsWhatEchoApexReadsItself(DicomPixelEncoding encoding)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("clip.dcm");
        DicomClipWriter.Write(path, Phantom(), new DicomWriteOptions { Encoding = encoding });
        AreEqual(DicomFile.Open(path).ToEchoClip(), ClipReader.Open(path));
    }

    [Test]
    public void ToEchoClip_OfFragmentsWithoutTable_TellsFramesApartByTheirStreams()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("clip.dcm");
        DicomClipWriter.Write(path, Phantom(), new DicomWriteOptions { Encoding = DicomPixelEncoding.JpegBaseline });
        var file = DicomFile.Open(path);
        var whole = file.Dataset.GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData);
        var cut = new DicomOtherByteFragment(DicomTag.PixelData);
        foreach (var fragment in whole.Fragments)
        {
            int half = (int)(fragment.Size / 4 * 2);
            cut.Fragments.Add(new RangeByteBuffer(fragment, 0, half));
            cut.Fragments.Add(new RangeByteBuffer(fragment, half, (int)fragment.Size - half));
        }

        file.Dataset.AddOrUpdate(cut);
        AreEqual(file.Dataset.ToEchoClip("cut"), ClipReader.Open(path));
    }

    [Test]
    public void ToEchoClip_WithoutPixels_SaysSo() =>
        Assert.That(() => new DicomDataset { { DicomTag.Rows, (ushort)4 } }.ToEchoClip("report"), Throws.InstanceOf<DataException>().With.Message.Contains("no pixel data"));

    [Test]
    public void ToEchoClip_WithTooFewPixels_IsRefusedByNumbers()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("clip.dcm");
        DicomClipWriter.Write(path, Phantom(), new DicomWriteOptions());
        var dataset = DicomFile.Open(path).Dataset;
        dataset.AddOrUpdate(DicomTag.NumberOfFrames, 6);
        Assert.That(() => dataset.ToEchoClip("short"), Throws.InstanceOf<DataException>().With.Message.Contains("6 frames"));
    }

    [Test]
    public void ToEchoClip_OfRealFiles_IsWhatEchoApexReadsItself()
    {
        if (Environment.GetEnvironmentVariable("ECHOAPEX_SAMPLES") is not { Length: > 0 } samples)
        {
            Assert.Ignore("ECHOAPEX_SAMPLES is not set.");
            return;
        }

        string[] files = [.. Directory.GetFiles(Path.Combine(samples, "dicom")).Where(path => !path.EndsWith(".md", StringComparison.Ordinal))];
        Assert.That(files, Is.Not.Empty);
        foreach (string path in files)
        {
            AreEqual(DicomFile.Open(path).ToEchoClip(), ClipReader.Open(path));
        }
    }

    private static void AreEqual(EchoClip actual, EchoClip expected)
    {
        Assert.Multiple(() =>
        {
            Assert.That((actual.FrameCount, actual.Height, actual.Width, actual.Channels), Is.EqualTo((expected.FrameCount, expected.Height, expected.Width, expected.Channels)));
            Assert.That(actual.FrameTimesMs, Is.EqualTo(expected.FrameTimesMs));
            Assert.That(actual.Spacing, Is.EqualTo(expected.Spacing));
            Assert.That(actual.HeartRateBpm, Is.EqualTo(expected.HeartRateBpm));
            Assert.That(actual.View, Is.EqualTo(expected.View));
            Assert.That(actual.Scanner, Is.EqualTo(expected.Scanner));
            Assert.That(actual.Regions, Is.EqualTo(expected.Regions));
        });
        for (int frame = 0; frame < expected.FrameCount; frame += Math.Max(1, expected.FrameCount / 4))
        {
            Assert.That(actual.ReadFrame(frame), Is.EqualTo(expected.ReadFrame(frame)), $"{expected.Origin} frame {frame}");
        }
    }
}
