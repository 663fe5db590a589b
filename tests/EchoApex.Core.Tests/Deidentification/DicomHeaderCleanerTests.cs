using System.Text.Json;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Tests.Sources.Dicom;
using EchoApex.Core.Tests.Sources;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Deidentification;

public sealed class DicomHeaderCleanerTests
{
    private static readonly Pseudonymizer Key = new("0123456789abcdef"u8);

    [Test]
    public void Clean_OfIdentifyingFile_KeepsNothingOfIt()
    {
        var header = Clean(Dataset());
        string text = JsonSerializer.Serialize(header);
        Assert.Multiple(() =>
        {
            foreach (string secret in new[] { "DOE", "JANE", "4711", "1.2.3", "19570312", "SERIAL", "General Hospital", "Private", "20240229", "2024-02-29" })
            {
                Assert.That(text, Does.Not.Contain(secret));
            }

            Assert.That(header.Patient, Is.EqualTo(Key.Patient("\0" + "4711")));
            Assert.That(header.StudyUid, Is.EqualTo(Key.Uid("1.2.3.1")));
            Assert.That(header.InstanceUid, Is.EqualTo(Key.Uid("1.2.3.3")));
            Assert.That(header.Manufacturer, Is.EqualTo("ACME"));
            Assert.That(header.Sex, Is.Null);
        });
    }

    [Test]
    public void Clean_OfElements_SaysWhatWasDone()
    {
        var findings = Clean(Dataset()).Findings.ToDictionary(finding => finding.Tag);
        Assert.Multiple(() =>
        {
            Assert.That(findings["(0010,0010)"].Action, Is.EqualTo(TagAction.Pseudonym));
            Assert.That(findings["(0008,0080)"].Action, Is.EqualTo(TagAction.Remove));
            Assert.That(findings["(0008,1155)"].Action, Is.EqualTo(TagAction.Uid), "within a sequence");
            Assert.That(findings["(0018,6011)"].Action, Is.EqualTo(TagAction.Keep));
            Assert.That(findings["private"].Count, Is.EqualTo(2));
            Assert.That(findings["(0018,1000)"].Action, Is.EqualTo(TagAction.Remove));
        });
    }

    [Test]
    public void Clean_OfPrivateValueThatOnlyBeginsLikeASequence_CountsTheElement()
    {
        // An item that claims more bytes than there are.
        byte[] value = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0x00, 0x00, 1, 2, 3, 4];
        var header = Clean(new DicomBuilder().Element(0x0009_1010, "UN", value).Text(0x00100020, "LO", "1"));
        Assert.Multiple(() =>
        {
            Assert.That(header.Findings.Single(finding => finding.Tag == "private").Count, Is.EqualTo(1));
            Assert.That(header.Patient, Is.EqualTo(Key.Patient("\0" + "1")));
        });
    }

    [TestCase("045Y", 45)]
    [TestCase("090Y", 90)]
    [TestCase("103Y", 90)]
    [TestCase("018M", 1)]
    [TestCase("004W", 0)]
    [TestCase("old", null)]
    public void Clean_OfAge_IsYearsUpTo90(string text, int? expected) =>
        Assert.That(Clean(new DicomBuilder().Text(0x00100020, "LO", "1").Text(0x00101010, "AS", text)).AgeYears, Is.EqualTo(expected));

    [TestCase("19570312", 66)]
    [TestCase("19100101", 90)]
    public void Clean_WithoutAge_TakesItFromDates(string birth, int expected) =>
        Assert.That(Clean(new DicomBuilder().Text(0x00080020, "DA", "20240229").Text(0x00100020, "LO", "1").Text(0x00100030, "DA", birth)).AgeYears, Is.EqualTo(expected));

    [Test]
    public void Clean_OfTwoStudies_KeepsTheInterval()
    {
        var first = Clean(new DicomBuilder().Text(0x00080020, "DA", "20240229").Text(0x00100020, "LO", "1")).StudyDate!.Value;
        var second = Clean(new DicomBuilder().Text(0x00080020, "DA", "20240310").Text(0x00100020, "LO", "1")).StudyDate!.Value;
        Assert.That(second.DayNumber - first.DayNumber, Is.EqualTo(10));
        Assert.That(first, Is.LessThan(new DateOnly(2024, 2, 29)));
    }

    [Test]
    public void Options_EachHasAnEffect()
    {
        var all = new DeidentifyOptions { KeepScanner = false, KeepAge = false, KeepSex = true };
        var header = Clean(Dataset(), all);
        Assert.Multiple(() =>
        {
            Assert.That(header.Manufacturer, Is.Null);
            Assert.That(header.AgeYears, Is.Null);
            Assert.That(header.Sex, Is.EqualTo("F"));
            Assert.That(Clean(Dataset()).AgeYears, Is.EqualTo(66));
        });
    }

    [Test]
    public void Write_WithHeader_SaysHowItWasCleaned()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("clean.dcm");
        DicomClipWriter.Write(path, TestClips.Make(1), new DicomWriteOptions { BurnedInAnnotation = false, Header = Clean(Dataset()) });
        var file = new DicomBytes(File.ReadAllBytes(path));
        Assert.Multiple(() =>
        {
            Assert.That(file.Text(0x00120062), Is.EqualTo("YES"));
            Assert.That(file.Text(0x00280301), Is.EqualTo("NO"));
            Assert.That(file.Text(0x00280303), Is.EqualTo("MODIFIED"));
            Assert.That(file.Text(0x0020000D), Is.EqualTo(Key.Uid("1.2.3.1")));
            Assert.That(file.Text(0x00100020), Is.EqualTo(Key.Patient("\0" + "4711")));
            Assert.That(file.Order, Is.Ordered.And.Unique);
            Assert.That(ClipReader.Open(path).FrameCount, Is.EqualTo(TestClips.Make(1).FrameCount));
        });
    }

    private static DicomBuilder Dataset() => new DicomBuilder()
        .Text(0x00080018, "UI", "1.2.3.3").Text(0x00080020, "DA", "20240229").Text(0x00080070, "LO", "ACME").Text(0x00080080, "LO", "General Hospital")
        .Sequence(0x00081140, definedLength: false, itemDelimiters: true, item => item.Text(0x00081155, "UI", "1.2.3.9"))
        .Text(0x00090010, "LO", "Private Creator").Text(0x00091001, "LO", "Private DOE")
        .Text(0x00100010, "PN", "DOE^JANE").Text(0x00100020, "LO", "4711").Text(0x00100030, "DA", "19570312").Text(0x00100040, "CS", "F")
        .Text(0x00181000, "LO", "SERIAL 9")
        .Sequence(0x00186011, definedLength: true, itemDelimiters: true, item => item.UInt16(0x00186012, 1))
        .Text(0x0020000D, "UI", "1.2.3.1").Text(0x0020000E, "UI", "1.2.3.2");

    private static DeidentifiedHeader Clean(DicomBuilder dataset, DeidentifyOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.dcm");
        File.WriteAllBytes(path, dataset.ToFile(DicomBuilder.ExplicitLittle));
        return DicomHeaderCleaner.Clean(path, Key, options ?? new DeidentifyOptions(), "identity");
    }
}
