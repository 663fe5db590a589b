using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Sources.Dicom;

public sealed class DicomPixelTests
{
    private static byte[] Read(DicomBuilder builder, params byte[] pixels) =>
        DicomBuilder.ReadFrames(builder.Pixels("OW", pixels).ToFile(DicomBuilder.ExplicitLittle))[0];

    private static byte[] Words(params int[] values) => [.. values.SelectMany(value => new[] { (byte)value, (byte)(value >> 8) })];

    [Test]
    public void ReadFrame_OfMonochrome1_Inverts() =>
        Assert.That(Read(new DicomBuilder().Image(1, 2, "MONOCHROME1"), 0, 200), Is.EqualTo(new byte[] { 255, 55 }));

    [Test]
    public void ReadFrame_Of8BitGray_IgnoresTheWindow() =>
        Assert.That(Read(new DicomBuilder().Image(1, 2).Text(DicomTags.WindowCenter, "DS", "10").Text(DicomTags.WindowWidth, "DS", "4"), 0, 200), Is.EqualTo(new byte[] { 0, 200 }));

    [Test]
    public void ReadFrame_Of16BitGrayWithoutWindow_MapsTheStoredRange() =>
        Assert.That(Read(new DicomBuilder().Image(1, 3, bits: 16, stored: 12), Words(0, 2048, 4095)), Is.EqualTo(new byte[] { 0, 128, 255 }));

    [Test]
    public void ReadFrame_Of16BitGrayWithRescaleAndWindow_AppliesBoth()
    {
        // Modality value = 2 x stored - 100. Window 100, 201: 0 at -0.5 - ... up to 1 at 199.5 + ...: linear in between.
        var builder = new DicomBuilder().Image(1, 4, bits: 16)
            .Text(DicomTags.WindowCenter, "DS", @"100.5\7").Text(DicomTags.WindowWidth, "DS", @"201\8")
            .Text(DicomTags.RescaleIntercept, "DS", "-100").Text(DicomTags.RescaleSlope, "DS", "2");
        Assert.That(Read(builder, Words(0, 50, 100, 1000)), Is.EqualTo(new byte[] { 0, 0, 128, 255 }));
    }

    [Test]
    public void ReadFrame_OfSigned16Bit_StartsAtTheLeastValue() =>
        Assert.That(Read(new DicomBuilder().Image(1, 3, bits: 16, signed: true), Words(-32768, 0, 32767)), Is.EqualTo(new byte[] { 0, 128, 255 }));

    [Test]
    public void ReadFrame_OfBitsInTheMiddleOfAWord_TakesThemAlone() =>
        Assert.That(Read(new DicomBuilder().Image(1, 2, bits: 16, stored: 8, highBit: 11), Words(0xF12F, 0x0FF0)), Is.EqualTo(new byte[] { 0x12, 0xFF }));

    [Test]
    public void ReadFrame_OfRgb_KeepsIt() =>
        Assert.That(Read(new DicomBuilder().Image(1, 2, "RGB", 3), 1, 2, 3, 4, 5, 6), Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6 }));

    [Test]
    public void ReadFrame_OfPlanarRgb_Interleaves() =>
        Assert.That(Read(new DicomBuilder().Image(1, 2, "RGB", 3, planar: true), 1, 4, 2, 5, 3, 6), Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6 }));

    [Test]
    public void ReadFrame_OfPlanar16BitRgb_InterleavesAndKeepsTheHighByte() =>
        Assert.That(Read(new DicomBuilder().Image(1, 2, "RGB", 3, bits: 16, planar: true), Words(0x0100, 0x0400, 0x0200, 0x0500, 0x0300, 0x06FF)), Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6 }));

    // Values of the equation in PS3.3 C.7.6.3.1.2, worked by hand.
    [TestCase(0, 128, 128, 0, 0, 0)]
    [TestCase(255, 128, 128, 255, 255, 255)]
    [TestCase(76, 85, 255, 254, 0, 0)]
    [TestCase(150, 44, 21, 0, 255, 1)]
    [TestCase(29, 255, 107, 0, 0, 254)]
    [TestCase(100, 100, 150, 131, 94, 50)]
    public void ReadFrame_OfYbrFull_ConvertsToRgb(int y, int b, int r, int red, int green, int blue) =>
        Assert.That(Read(new DicomBuilder().Image(1, 1, "YBR_FULL", 3), (byte)y, (byte)b, (byte)r), Is.EqualTo(new[] { (byte)red, (byte)green, (byte)blue }));

    [Test]
    public void ReadFrame_OfSubsampledYbr_SharesChromaBetweenTwoPixels()
    {
        byte[] rgb = Read(new DicomBuilder().Image(1, 4, "YBR_FULL_422", 3), 76, 76, 85, 255, 10, 20, 128, 128);
        Assert.That(rgb, Is.EqualTo(new byte[] { 254, 0, 0, 254, 0, 0, 10, 10, 10, 20, 20, 20 }));
    }

    [Test]
    public void ReadFrame_OfFullChromaCalledSubsampled_ReadsItWithANote()
    {
        byte[] file = new DicomBuilder().Image(1, 2, "YBR_FULL_422", 3).Pixels("OB", 76, 85, 255, 20, 128, 128).ToFile(DicomBuilder.ExplicitLittle);
        Assert.Multiple(() =>
        {
            Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(new byte[] { 254, 0, 0, 20, 20, 20 }));
            Assert.That(DicomBuilder.Open(file).Notes, Has.One.Contains("full chroma"));
        });
    }

    [Test]
    public void ReadFrame_OfPalette16BitEntries_KeepsTheHighByte()
    {
        var builder = new DicomBuilder().Image(1, 3, "PALETTE COLOR");
        Palette(builder, "OW", [2, 0, 16], Words(0x0AFF, 0xFF00), Words(0x1400, 0x0000), Words(0x1E00, 0x8000));
        Assert.That(Read(builder, 0, 1, 9), Is.EqualTo(new byte[] { 10, 20, 30, 255, 0, 128, 255, 0, 128 }));
    }

    [Test]
    public void ReadFrame_OfPaletteThatStartsLater_ClampsToItsEnds()
    {
        var builder = new DicomBuilder().Image(1, 4, "PALETTE COLOR");
        Palette(builder, "OW", [2, 100, 8], [1, 2], [3, 4], [5, 6]);
        Assert.That(Read(builder, 0, 100, 101, 255), Is.EqualTo(new byte[] { 1, 3, 5, 1, 3, 5, 2, 4, 6, 2, 4, 6 }));
    }

    [Test]
    public void ReadFrame_OfPaletteOfBytesInWordsCalled16Bit_TakesTheBytes()
    {
        var builder = new DicomBuilder().Image(1, 2, "PALETTE COLOR");
        Palette(builder, "OW", [2, 0, 16], Words(10, 255), Words(20, 0), Words(30, 128));
        Assert.That(Read(builder, 0, 1), Is.EqualTo(new byte[] { 10, 20, 30, 255, 0, 128 }));
    }

    [Test]
    public void ReadFrame_OfPaletteOfWordsCalled8Bit_KeepsTheirHighByte()
    {
        // The byte in both halves of the word, then the whole range.
        var builder = new DicomBuilder().Image(1, 3, "PALETTE COLOR");
        Palette(builder, "OW", [3, 0, 8], Words(0x5A5A, 0x0000, 0xFF00), Words(0x1414, 0x0101, 0x8012), Words(0x1E1E, 0xFFFF, 0x00FF));
        Assert.That(Read(builder, 0, 1, 2), Is.EqualTo(new byte[] { 0x5A, 0x14, 0x1E, 0, 1, 255, 255, 128, 0 }));
    }

    [Test]
    public void ReadFrame_OfPaletteOfBytesInWordsCalled8Bit_TakesTheBytes()
    {
        var builder = new DicomBuilder().Image(1, 2, "PALETTE COLOR");
        Palette(builder, "OW", [2, 0, 8], Words(10, 255), Words(20, 0), Words(30, 128));
        Assert.That(Read(builder, 0, 1), Is.EqualTo(new byte[] { 10, 20, 30, 255, 0, 128 }));
    }

    [Test]
    public void ReadFrame_OfPaletteOver16BitSignedPixels_MapsNegativeValues()
    {
        var builder = new DicomBuilder().Image(1, 2, "PALETTE COLOR", bits: 16, signed: true);
        Palette(builder, "OW", [3, 0xFFFF, 8], [1, 2, 3, 0], [4, 5, 6, 0], [7, 8, 9, 0]);
        Assert.That(Read(builder, Words(-1, 1)), Is.EqualTo(new byte[] { 1, 4, 7, 3, 6, 9 }));
    }

    [Test]
    public void Open_OfPaletteShorterThanDeclared_SaysSo()
    {
        var builder = new DicomBuilder().Image(1, 2, "PALETTE COLOR");
        Palette(builder, "OW", [256, 0, 16], new byte[16], new byte[16], new byte[16]);
        Assert.That(() => Read(builder, 0, 1), Throws.InstanceOf<DataException>().With.Message.Contains("256 palette entries"));
    }

    [TestCase("HSV", 3)]
    [TestCase("YBR_ICT", 3)]
    [TestCase("RGB", 1)]
    public void Open_OfPhotometricThatCannotBeConverted_NamesIt(string photometric, int samples) =>
        Assert.That(
            () => Read(new DicomBuilder().Image(1, 2, photometric, samples), new byte[2 * samples]),
            Throws.InstanceOf<DataException>().With.Message.Contains(photometric));

    [Test]
    public void ReadFrame_OfManyFrames_ReadsEachByItself()
    {
        byte[] file = new DicomBuilder().Image(1, 2, frames: 3).Pixels("OB", 1, 2, 3, 4, 5, 6).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new byte[][] { [1, 2], [3, 4], [5, 6] }));
    }

    private static void Palette(DicomBuilder builder, string vr, int[] descriptor, params byte[][] channels)
    {
        for (uint i = 0; i < 3; i++)
        {
            builder.UInt16(DicomTags.RedPaletteDescriptor + i, descriptor);
        }

        for (uint i = 0; i < 3; i++)
        {
            builder.Element(DicomTags.RedPaletteData + i, vr, channels[i]);
        }
    }
}
