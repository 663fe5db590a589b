using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Tests.Sources.Dicom;

public sealed class DicomSyntaxTests
{
    private static readonly byte[] Pixels = [0, 50, 100, 150, 200, 250];

    private static DicomBuilder Gray(bool explicitVr = true, bool bigEndian = false) =>
        new DicomBuilder(explicitVr, bigEndian).Image(2, 3);

    [TestCase(DicomBuilder.ImplicitLittle, false)]
    [TestCase(DicomBuilder.ExplicitLittle, true)]
    [TestCase(DicomBuilder.Deflated, true)]
    public void Open_OfEachLittleEndianSyntax_ReadsThePixels(string syntax, bool explicitVr)
    {
        byte[] file = Gray(explicitVr).Pixels("OW", Pixels).ToFile(syntax);
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new[] { Pixels }));
    }

    [Test]
    public void Open_OfBigEndianBytesInWords_PutsThemBackInOrder()
    {
        byte[] file = Gray(bigEndian: true).Pixels("OW", 50, 0, 150, 100, 250, 200).ToFile(DicomBuilder.ExplicitBig);
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new[] { Pixels }));
    }

    [Test]
    public void Open_OfBigEndianFramesOfOddLengthInWords_PutsThemBackInOrder()
    {
        // Three frames of three bytes, and a byte to make the length even: 1 to 9, exchanged in pairs.
        byte[] file = new DicomBuilder(bigEndian: true).Image(1, 3, frames: 3).Pixels("OW", 2, 1, 4, 3, 6, 5, 8, 7, 0, 9).ToFile(DicomBuilder.ExplicitBig);
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new byte[][] { [1, 2, 3], [4, 5, 6], [7, 8, 9] }));
    }

    [Test]
    public void Open_OfBigEndianBytes_KeepsTheirOrder()
    {
        byte[] file = Gray(bigEndian: true).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitBig);
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new[] { Pixels }));
    }

    [Test]
    public void Open_OfBigEndian16Bit_ReadsHighByteFirst()
    {
        byte[] file = new DicomBuilder(bigEndian: true).Image(1, 2, bits: 16).Pixels("OW", 0xFF, 0xFF, 0x80, 0x00).ToFile(DicomBuilder.ExplicitBig);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(new byte[] { 255, 128 }));
    }

    [Test]
    public void Open_WithoutPreamble_ReadsThePixels() =>
        Assert.That(DicomBuilder.ReadFrames(Gray().Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle, preamble: false)), Is.EqualTo(new[] { Pixels }));

    [TestCase(true, false)]
    [TestCase(false, false)]
    [TestCase(true, true)]
    public void Open_OfBareDataset_ReadsThePixels(bool explicitVr, bool bigEndian)
    {
        byte[] file = new DicomBuilder(explicitVr, bigEndian).Text(DicomTags.SopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.3.1").Image(2, 3).Pixels("OB", Pixels).ToDataset();
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new[] { Pixels }));
    }

    [Test]
    public void Open_OfImplicitDataUnderExplicitSyntax_ReadsThePixels() =>
        Assert.That(DicomBuilder.ReadFrames(Gray(explicitVr: false).Pixels("OW", Pixels).ToFile(DicomBuilder.ExplicitLittle)), Is.EqualTo(new[] { Pixels }));

    [Test]
    public void Open_WithGroupLengths_PassesOverThem()
    {
        byte[] file = new DicomBuilder().UInt32(0x0008_0000, 99).Text(DicomTags.Manufacturer, "LO", "ACME").UInt32(0x0028_0000, 7)
            .Image(2, 3).UInt32(0x7FE0_0000, 18).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.Open(file).Scanner, Is.EqualTo("ACME"));
    }

    [TestCase(true, true, true)]
    [TestCase(false, true, true)]
    [TestCase(false, false, true)]
    [TestCase(true, true, false)]
    [TestCase(false, true, false)]
    [TestCase(false, false, false)]
    public void Open_OfSequences_ReadsItemsOfEveryForm(bool definedLength, bool itemDelimiters, bool explicitVr)
    {
        byte[] file = new DicomBuilder(explicitVr)
            .Sequence(0x0008_1140, definedLength, itemDelimiters, outer => outer.Sequence(0x0008_1140, definedLength, true, inner => inner.Text(0x0008_1150, "UI", "1.2")))
            .Image(2, 3)
            .Sequence(DicomTags.ViewCodeSequence, definedLength, itemDelimiters, item => item.Text(DicomTags.CodeMeaning, "LO", "Apical four chamber"))
            .Pixels("OW", Pixels)
            .ToFile(explicitVr ? DicomBuilder.ExplicitLittle : DicomBuilder.ImplicitLittle);
        Assert.Multiple(() =>
        {
            Assert.That(DicomBuilder.Open(file).View, Is.EqualTo("Apical four chamber"));
            Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
        });
    }

    [Test]
    public void Open_WithStrayDelimiters_PassesOverThem()
    {
        byte[] file = Gray().Raw(0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0).Raw(0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [Test]
    public void Open_OfUnknownSequenceWithUndefinedLength_ReadsItsItemsAsImplicit()
    {
        var inner = new DicomBuilder(explicitVr: false).Sequence(0x0009_1001, definedLength: false, itemDelimiters: true, item => item.Text(0x0009_1002, "LO", "x")).ToDataset();
        byte[] file = new DicomBuilder().Raw(0x09, 0, 0x01, 0x10, (byte)'U', (byte)'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF).Raw(inner[8..])
            .Image(2, 3).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [Test]
    public void Open_OfThumbnailInASequence_TakesTheOuterPixels()
    {
        byte[] file = new DicomBuilder()
            .Sequence(0x0088_0200, definedLength: false, itemDelimiters: true, icon => icon.Image(1, 1).Fragments([], [[1, 2]]))
            .Image(2, 3).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [TestCase("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 and 5)")]
    [TestCase("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2")]
    [TestCase("1.2.840.10008.1.2.4.110", "JPEG XL")]
    [TestCase("1.2.3.4", "1.2.3.4")]
    public void Open_OfSyntaxWithoutCodec_NamesItAndTheRemedy(string syntax, string named)
    {
        byte[] file = Gray().Fragments([], [[1, 2]]).ToFile(syntax);
        Assert.That(() => DicomBuilder.Open(file), Throws.InstanceOf<DataException>().With.Message.Contains(named).And.Message.Contains("gdcmconv"));
    }

    [Test]
    public void Open_WithoutPixelData_NamesTheClass()
    {
        byte[] file = new DicomBuilder().Text(DicomTags.SopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.88.33").ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(() => DicomBuilder.Open(file), Throws.InstanceOf<DataException>().With.Message.Contains("no pixel data (SOP class 1.2.840.10008.5.1.4.1.1.88.33)"));
    }

    [Test]
    public void Open_OfOtherBytes_SaysThatItIsNoDicomFile() =>
        Assert.That(() => DicomBuilder.Open("hello, this is text"u8.ToArray()), Throws.InstanceOf<DataException>().With.Message.Contains("not a DICOM file"));

    [Test]
    public void Open_OfNativePixelsUnderAnEncodedSyntax_IsRefused() =>
        Assert.That(() => DicomBuilder.Open(Gray().Pixels("OB", Pixels).ToFile(DicomBuilder.Rle)), Throws.InstanceOf<DataException>().With.Message.Contains("not in fragments"));

    [Test]
    public void Open_WithFewerPixelsThanDeclared_SaysHowMany() =>
        Assert.That(
            () => DicomBuilder.Open(new DicomBuilder().Image(2, 3, frames: 2).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle)),
            Throws.InstanceOf<DataException>().With.Message.Contains("2 frames of 6 bytes, 12 bytes together, but its pixel data holds 6"));

    [TestCase(DicomTags.Rows, "rows")]
    [TestCase(DicomTags.Columns, "columns")]
    [TestCase(DicomTags.BitsAllocated, "bits allocated")]
    public void Open_WithZeroSize_NamesTheElement(uint tag, string name)
    {
        byte[] file = Gray().UInt16(tag, 0).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(() => DicomBuilder.Open(file), Throws.InstanceOf<DataException>().With.Message.Contains(name));
    }

    [Test]
    public void Open_OfSequencesNestedWithoutEnd_IsRefused()
    {
        var builder = new DicomBuilder();
        for (int i = 0; i < 5000; i++)
        {
            builder.Raw(0x08, 0, 0x40, 0x11, (byte)'S', (byte)'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF);
        }

        Assert.That(() => DicomBuilder.Open(builder.ToFile(DicomBuilder.ExplicitLittle)), Throws.InstanceOf<DataException>().With.Message.Contains("deep"));
    }

    [Test]
    public void Open_OfExplicitDataUnderImplicitSyntax_ReadsThePixels()
    {
        byte[] file = new DicomBuilder().Text(DicomTags.SopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.3.1").Image(2, 3).Pixels("OW", Pixels).ToFile(DicomBuilder.ImplicitLittle);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [Test]
    public void Open_OfElementWithoutRepresentationAmongOthers_ReadsItByItself()
    {
        byte[] single = new DicomBuilder(explicitVr: false).Element(0x0018_9999, "LO", "hello!"u8.ToArray()).ToDataset();
        byte[] file = new DicomBuilder().Text(DicomTags.Manufacturer, "LO", "ACME").Raw(single).Image(2, 3).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [TestCase("??")]
    [TestCase("ZZ")]
    public void Open_OfUnknownRepresentation_PassesOverItsElement(string representation)
    {
        byte[] file = new DicomBuilder().Element(0x0009_1001, representation, [1, 2, 3, 4]).Image(2, 3).Pixels("OB", Pixels).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [Test]
    public void Open_OfOddLengths_ReadsThem()
    {
        // (0008,0070) LO of three bytes, and pixels of five, both against the standard.
        byte[] file = new DicomBuilder().Raw(0x08, 0, 0x70, 0, (byte)'L', (byte)'O', 3, 0, (byte)'A', (byte)'B', (byte)'C')
            .Image(1, 5).Raw(0xE0, 0x7F, 0x10, 0, (byte)'O', (byte)'B', 0, 0, 5, 0, 0, 0, 1, 2, 3, 4, 5).ToFile(DicomBuilder.ExplicitLittle);
        Assert.Multiple(() =>
        {
            Assert.That(DicomBuilder.Open(file).Scanner, Is.EqualTo("ABC"));
            Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(new byte[] { 1, 2, 3, 4, 5 }));
        });
    }

    [Test]
    public void Open_OfEncapsulatedUncompressed_ReadsThePixels()
    {
        byte[] file = new DicomBuilder().Image(2, 3, frames: 2).Fragments([], [Pixels, [.. Pixels.Reverse()]]).ToFile("1.2.840.10008.1.2.1.98");
        Assert.That(DicomBuilder.ReadFrames(file), Is.EqualTo(new[] { Pixels, [.. Pixels.Reverse()] }));
    }

    [Test]
    public void Open_OfDeflatedFrames_InflatesThem()
    {
        var packed = new MemoryStream();
        using (var deflater = new System.IO.Compression.DeflateStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(Pixels);
        }

        byte[] file = Gray().Fragments([], [packed.ToArray()]).ToFile("1.2.840.10008.1.2.8.1");
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [Test]
    public void Open_OfFragmentsUnderANativeSyntax_RecognisesThemWithANote()
    {
        byte[] file = Gray().Fragments([], [DicomBuilder.EncodeRle(Pixels)]).ToFile(DicomBuilder.ExplicitLittle);
        Assert.Multiple(() =>
        {
            Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
            Assert.That(DicomBuilder.Open(file).Notes, Has.One.Contains("RLE Lossless"));
        });
    }

    [Test]
    public void Open_OfImplicitFileMetaInformation_ReadsThePixels()
    {
        byte[] meta = new DicomBuilder(explicitVr: false).Text(DicomTags.TransferSyntaxUid, "UI", DicomBuilder.ExplicitLittle).ToDataset();
        byte[] file = [.. new byte[128], .. "DICM"u8, .. meta, .. Gray().Pixels("OB", Pixels).ToDataset()];
        Assert.That(DicomBuilder.ReadFrames(file)[0], Is.EqualTo(Pixels));
    }

    [Test]
    public void Open_OfMissingFile_SaysSo() =>
        Assert.That(() => new DicomClipSource().Open("/nowhere/x.dcm"), Throws.InstanceOf<DataException>().With.Message.Contains("does not exist"));
}
