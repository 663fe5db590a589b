using System.Security.Cryptography;
using EchoApex.Core.Imaging;
using EchoApex.Core.Sources;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>Real files of several vendors; the sums of red + 2 green + 3 blue over all pixels are those of pydicom's RGB (exact for RLE, J2K and native).</summary>
[Category("integration")]
public sealed class DicomSampleTests
{
    [TestCase("dicom/OBXXXX1A_rle_2frame.dcm", 2, 600, 800, 180848782)]
    [TestCase("dicom/dcm4che_US-PAL-8-10x-echo", 10, 430, 600, 222506017)]
    [TestCase("dicom/US1_J2KR.dcm", 1, 480, 640, 60061545)]
    [TestCase("dicom/dcm4che_YBR_422.dcm", 1, 555, 800, 41792624)]
    [TestCase("dicom/Issue16.dcm", 34, 430, 480, 748267130)]
    [TestCase("dicom/examples_ybr_color.dcm", 30, 240, 320, 146022462)]
    public void Open_OfRealFile_GivesTheReferencePixels(string name, int frames, int height, int width, long expectedSum)
    {
        var clip = ClipReader.Open(Samples.Require(name));
        long sum = 0;
        for (int frame = 0; frame < clip.FrameCount; frame++)
        {
            byte[] pixels = clip.ReadFrame(frame);
            for (int i = 0; i < pixels.Length; i++)
            {
                sum += pixels[i] * ((i % 3) + 1);
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That((clip.FrameCount, clip.Height, clip.Width, clip.Channels), Is.EqualTo((frames, height, width, 3)));
            Assert.That(sum, Is.EqualTo(expectedSum).Within(expectedSum / 100_000));
        });
    }

    [Test]
    public void Open_OfRealEcho_ReadsSpacingTimesAndRegions()
    {
        var clip = ClipReader.Open(Samples.Require("dicom/Issue16.dcm"));
        Assert.Multiple(() =>
        {
            Assert.That(clip.Spacing!.XMm, Is.EqualTo(0.2857142857).Within(1e-9));
            Assert.That(clip.Spacing.YMm, Is.EqualTo(0.2285714286).Within(1e-9));
            Assert.That(clip.FrameTimesMs![33], Is.EqualTo(990).Within(1e-9));
            Assert.That(clip.HeartRateBpm, Is.EqualTo(117));
            Assert.That(clip.Regions.Select(region => region.Kind), Is.EqualTo(new[] { RegionKind.Tissue2D, RegionKind.Waveform }));
        });
    }

    [Test]
    public void Open_OfEchoWhoseRegionWasMadeForAnotherSize_LeavesSpacingUnknown()
    {
        var clip = ClipReader.Open(Samples.Require("dicom/examples_ybr_color.dcm"));
        Assert.Multiple(() =>
        {
            Assert.That(clip.Spacing, Is.Null);
            Assert.That(clip.Notes, Has.One.Contains("left out"));
        });
    }

    [Test]
    public void ReadFrame_FromSeveralThreads_GivesTheSameBytes()
    {
        var clip = ClipReader.Open(Samples.Require("dicom/Issue16.dcm"));
        byte[][] expected = [.. Enumerable.Range(0, clip.FrameCount).Select(i => SHA256.HashData(clip.ReadFrame(i)))];
        byte[][] actual = new byte[clip.FrameCount][];
        Parallel.For(0, clip.FrameCount, i => actual[i] = SHA256.HashData(clip.ReadFrame(i)));
        Assert.That(actual, Is.EqualTo(expected));
    }
}
