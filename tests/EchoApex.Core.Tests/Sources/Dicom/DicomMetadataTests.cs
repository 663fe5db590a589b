using EchoApex.Core.Imaging;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Sources.Dicom;

public sealed class DicomMetadataTests
{
    private static EchoClip Open(Action<DicomBuilder> describe, int frames = 3) => DicomBuilder.Open(Build(describe, frames));

    private static byte[] Build(Action<DicomBuilder> describe, int frames)
    {
        var builder = new DicomBuilder();
        describe(builder);
        return builder.Image(100, 200, frames: frames).Pixels("OB", new byte[100 * 200 * frames]).ToFile(DicomBuilder.ExplicitLittle);
    }

    private static Action<DicomBuilder> Region(int x0, int y0, int x1, int y1, int format = 1, int type = 1, int units = 3, double dx = 0.05, double dy = 0.03) => item => item
        .UInt16(DicomTags.RegionSpatialFormat, format).UInt16(DicomTags.RegionDataType, type)
        .UInt32(DicomTags.RegionLocationMinX0, x0).UInt32(DicomTags.RegionLocationMinY0, y0)
        .UInt32(DicomTags.RegionLocationMaxX1, x1).UInt32(DicomTags.RegionLocationMaxY1, y1)
        .UInt16(DicomTags.PhysicalUnitsX, units).UInt16(DicomTags.PhysicalUnitsY, units)
        .Double(DicomTags.PhysicalDeltaX, dx).Double(DicomTags.PhysicalDeltaY, dy);

    private static EchoClip WithRegions(params Action<DicomBuilder>[] regions) =>
        Open(builder => builder.Sequence(DicomTags.SequenceOfUltrasoundRegions, definedLength: true, itemDelimiters: true, regions));

    [Test]
    public void Regions_InsideTheFrame_AreReadWithSpacingInMillimetres()
    {
        var clip = WithRegions(Region(10, 20, 109, 79, dx: -0.05, dy: -0.03));
        Assert.Multiple(() =>
        {
            Assert.That(clip.Regions, Is.EqualTo(new[] { new UltrasoundRegion(10, 20, 100, 60, RegionKind.Tissue2D, new PixelSpacing(0.5, 0.3)) }));
            Assert.That(clip.Spacing, Is.EqualTo(new PixelSpacing(0.5, 0.3)));
            Assert.That(clip.Notes, Is.Empty);
        });
    }

    [Test]
    public void Regions_OverTheEdge_AreClampedWithANote()
    {
        var clip = WithRegions(Region(0, 0, 200, 100));
        Assert.Multiple(() =>
        {
            Assert.That(clip.Regions[0], Is.EqualTo(new UltrasoundRegion(0, 0, 200, 100, RegionKind.Tissue2D, new PixelSpacing(0.5, 0.3))));
            Assert.That(clip.Notes, Has.One.Contains("clamped"));
        });
    }

    [TestCase(400, 300, 500, 350)]
    [TestCase(50, 30, 600, 400)]
    [TestCase(50, 30, 40, 60)]
    public void Regions_OutsideTheFrame_AreLeftOutWithTheirSpacing(int x0, int y0, int x1, int y1)
    {
        var clip = WithRegions(Region(x0, y0, x1, y1));
        Assert.Multiple(() =>
        {
            Assert.That(clip.Regions, Is.Empty);
            Assert.That(clip.Spacing, Is.Null);
            Assert.That(clip.Notes, Has.One.Contains("left out"));
        });
    }

    [TestCase(1, 1, RegionKind.Tissue2D)]
    [TestCase(1, 2, RegionKind.ColorFlow2D)]
    [TestCase(2, 1, RegionKind.MMode)]
    [TestCase(3, 3, RegionKind.SpectralDoppler)]
    [TestCase(4, 10, RegionKind.Waveform)]
    [TestCase(5, 0, RegionKind.Graphics)]
    [TestCase(0, 0, RegionKind.Other)]
    public void Regions_OfEachFormat_GetTheirKind(int format, int type, RegionKind kind) =>
        Assert.That(WithRegions(Region(0, 0, 9, 9, format, type)).Regions[0].Kind, Is.EqualTo(kind));

    [Test]
    public void Spacing_InOtherUnitsThanCentimetres_StaysUnknown() =>
        Assert.That(WithRegions(Region(0, 0, 99, 99, units: 4)).Spacing, Is.Null);

    [Test]
    public void Spacing_WithSeveralRegions_IsThatOfTheLargestTissueRegion() =>
        Assert.That(
            WithRegions(Region(0, 0, 9, 9, dx: 0.1), Region(0, 0, 99, 79, dx: 0.2), Region(0, 0, 199, 99, format: 2, dx: 0.3), Region(0, 0, 199, 99, type: 2, dx: 0.4)).Spacing,
            Is.EqualTo(new PixelSpacing(2, 0.3)));

    [Test]
    public void Spacing_WithoutRegions_ComesFromPixelSpacing() =>
        Assert.That(Open(builder => builder.Text(DicomTags.PixelSpacing, "DS", @"0.4\0.2")).Spacing, Is.EqualTo(new PixelSpacing(0.2, 0.4)));

    [Test]
    public void FrameTimes_WithEveryElement_ComeFromTheVector() =>
        Assert.That(
            Open(builder => builder.Text(DicomTags.CineRate, "IS", "25").Text(DicomTags.FrameTime, "DS", "33.3").Text(DicomTags.FrameTimeVector, "DS", @"0\30\34.5")).FrameTimesMs,
            Is.EqualTo(new[] { 0, 30, 64.5 }));

    [Test]
    public void FrameTimes_WithVectorOfOtherLength_ComeFromFrameTime() =>
        Assert.That(
            Open(builder => builder.Text(DicomTags.CineRate, "IS", "25").Text(DicomTags.FrameTime, "DS", "33.5").Text(DicomTags.FrameTimeVector, "DS", @"0\30")).FrameTimesMs,
            Is.EqualTo(new[] { 0, 33.5, 67 }));

    [Test]
    public void FrameTimes_WithCineRateAlone_ComeFromIt() =>
        Assert.That(Open(builder => builder.Text(DicomTags.CineRate, "IS", "25").Text(DicomTags.FrameTime, "DS", "0")).FrameTimesMs, Is.EqualTo(new[] { 0.0, 40, 80 }));

    [Test]
    public void FrameTimes_WithoutElements_AreUnknown() => Assert.That(Open(_ => { }).FrameTimesMs, Is.Null);

    [TestCase("0", null)]
    [TestCase("-1", null)]
    [TestCase("72", 72.0)]
    public void HeartRate_OfZeroOrLess_IsUnknown(string stored, double? rate) =>
        Assert.That(Open(builder => builder.Text(DicomTags.HeartRate, "IS", stored)).HeartRateBpm, Is.EqualTo(rate));

    [Test]
    public void View_WithoutCode_IsTheName() =>
        Assert.That(Open(builder => builder.Text(DicomTags.ViewName, "SH", "A4C")).View, Is.EqualTo("A4C"));

    [Test]
    public void View_WithCodeAndName_IsTheCodesMeaning() =>
        Assert.That(
            Open(builder => builder.Text(DicomTags.ViewName, "SH", "A4C").Sequence(DicomTags.ViewCodeSequence, true, true, item => item.Text(DicomTags.CodeMeaning, "LO", "Apical four chamber"))).View,
            Is.EqualTo("Apical four chamber"));

    [Test]
    public void Stage_OfStressExamination_IsRead() =>
        Assert.That(Open(builder => builder.Text(DicomTags.StageName, "SH", "PEAK")).Stage, Is.EqualTo("PEAK"));

    [Test]
    public void Spacing_OfWaveformAndDopplerRegions_IsNotTaken() =>
        Assert.That(WithRegions(Region(0, 0, 199, 99, format: 4, type: 10), Region(0, 0, 199, 99, format: 3, type: 3), Region(0, 0, 199, 99, format: 2)).Spacing, Is.Null);

    [Test]
    public void Scanner_AndOrigin_AreRead()
    {
        var clip = Open(builder => builder.Text(DicomTags.Manufacturer, "LO", "ACME ").Text(DicomTags.ManufacturerModelName, "LO", "Echo 1"));
        Assert.Multiple(() =>
        {
            Assert.That(clip.Scanner, Is.EqualTo("ACME Echo 1"));
            Assert.That(clip.Origin.Format, Is.EqualTo("DICOM"));
            Assert.That(clip.Origin.Encoding, Is.EqualTo("Explicit VR Little Endian"));
            Assert.That(clip.Origin.Photometric, Is.EqualTo("MONOCHROME2"));
        });
    }

    [Test]
    public void Scanner_WithControlCharacters_IsMadeHarmless() =>
        Assert.That(Open(builder => builder.Text(DicomTags.Manufacturer, "LO", "A\u001b[2JB")).Scanner, Is.EqualTo("A?[2JB"));

    [Test]
    public void Clip_OfFileWithIdentity_DoesNotCarryIt()
    {
        var clip = Open(builder => builder.Text(0x0010_0010, "PN", "DOE^JANE").Text(0x0010_0020, "LO", "ID4711"));
        string everything = System.Text.Json.JsonSerializer.Serialize(clip);
        Assert.That(everything, Does.Not.Contain("DOE").And.Not.Contain("4711"));
    }

    [Test]
    public void Create_OverElementsOfAnotherToolkit_MakesTheSameClip()
    {
        using var file = new TestFile(Build(builder => builder.Text(DicomTags.FrameTime, "DS", "20"), frames: 2));
        var read = DicomFile.Open(new FileByteSource(file.Path));
        var frames = new NativeFrames(read.Source, read.Dataset.PixelData!.Value, 2, 100 * 200, swapWords: false);
        var clip = DicomClips.Create(read.Dataset, frames, DicomBuilder.ExplicitLittle, "object");
        Assert.Multiple(() =>
        {
            Assert.That((clip.FrameCount, clip.Height, clip.Width, clip.Channels), Is.EqualTo((2, 100, 200, 1)));
            Assert.That(clip.FrameTimesMs, Is.EqualTo(new[] { 0.0, 20 }));
            Assert.That(clip.ReadFrame(1), Is.EqualTo(new byte[100 * 200]));
        });
    }
}
