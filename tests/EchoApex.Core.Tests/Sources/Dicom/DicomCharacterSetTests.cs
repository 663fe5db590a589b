using System.Text;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>
/// Names encoded by Python's codecs and read back alike by pydicom or DCMTK, but ISO_IR 203, which neither knows, and the one with ISO 2022
/// IR 159, whose first character begins with the byte of =, at which pydicom divides it. Most East Asian ones are those of PS3.5
/// annexes H to K.
/// </summary>
public sealed class DicomCharacterSetTests
{
    private static byte[] Build(string? set, byte[] name)
    {
        var builder = new DicomBuilder();
        if (set is not null)
        {
            builder.Text(DicomTags.SpecificCharacterSet, "CS", set);
        }

        return builder.Element(DicomTags.PatientName, "PN", name).Text(0x0010_0020, "LO", "17").Image(1, 1).Pixels("OB", 0).ToFile(DicomBuilder.ExplicitLittle);
    }

    private static DicomPatient Read(byte[] bytes, out string path)
    {
        using var file = new TestFile(bytes);
        path = file.Path;
        return DicomPatient.Read(file.Path);
    }

    [TestCase(@"ISO_IR 100", "4DFC6C6C65725E4AF67267", "Müller^Jörg")]
    [TestCase(@"ISO_IR 101", "44766FF8E16B5E5A64656EEC6B", "Dvořák^Zdeněk")]
    [TestCase(@"ISO_IR 109", "C66170656B5ED86FB66F", "Ĉapek^Ĝoĥo")]
    [TestCase(@"ISO_IR 110", "42BA727A69F1B95E4AE06E6973", "Bērziņš^Jānis")]
    [TestCase(@"ISO_IR 144", "BBEEDA6365DCD17970D3", "Люкceмбypг")]
    [TestCase(@"ISO_IR 127", "E2C8C7E6EA5EE4E6D2C7D1", "قباني^لنزار")]
    [TestCase(@"ISO_IR 126", "C4E9EFEDF5F3E9EFF2", "Διονυσιος")]
    [TestCase(@"ISO_IR 138", "F9F8E5EF5EE3E1E5F8E4", "שרון^דבורה")]
    [TestCase(@"ISO_IR 148", "C7617675FE6FF06C755EDD70656B", "Çavuşoğlu^İpek")]
    [TestCase(@"ISO_IR 203", "BC757672E95EB46F666965", "Œuvré^Žofie")]
    [TestCase(@"ISO_IR 166", "B9D2C1CAA1D8C55EAAD7E8CD", "นามสกุล^ชื่อ")]
    [TestCase(@"ISO_IR 13", "D4CFC0DE5EC0DBB3", "ﾔﾏﾀﾞ^ﾀﾛｳ")]
    [TestCase(@"ISO_IR 192", "57616E675E5869616F446F6E673DE78E8B5EE5B08FE69DB1", "Wang^XiaoDong=王^小東")]
    [TestCase(@"GB18030", "57616E675E5869616F446F6E673DCDF55ED0A1B6AB", "Wang^XiaoDong=王^小东")]
    [TestCase(@"GB18030", "9534B235815C5E815C", "𠮷乗^乗")]
    [TestCase(@"GBK", "815C5ED0A1B6AB", "乗^小东")]
    [TestCase(@"\ISO 2022 IR 87", "59616D6164615E5461726F753D1B24423B3345441B28425E1B244242404F3A1B28423D1B24422464245E24401B28425E1B2442243F246D24261B2842", "Yamada^Tarou=山田^太郎=やまだ^たろう")]
    [TestCase(@"ISO 2022 IR 13\ISO 2022 IR 87", "D4CFC0DE5EC0DBB33D1B24423B3345441B284A5E1B244242404F3A1B284A3D1B24422464245E24401B284A5E1B2442243F246D24261B284A", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう")]
    [TestCase(@"\ISO 2022 IR 87\ISO 2022 IR 159", "413D1B24423D3C1B24284430211B28425E1B244242401B2842", "A=充丂^太")]
    [TestCase(@"\ISO 2022 IR 149", "486F6E675E47696C646F6E673D1B242943FBF35E1B242943D1CED4D73D1B242943C8AB5E1B242943B1E6B5BF", "Hong^Gildong=洪^吉洞=홍^길동")]
    [TestCase(@"\ISO 2022 IR 58", "5A68616E675E5869616F446F6E673D1B242941D5C55E1B242941D0A1B6AB3D", "Zhang^XiaoDong=张^小东=")]
    [TestCase(@"ISO 2022 IR 100\ISO 2022 IR 144", "4AF672675E1B2D4CB8D2D0DD5EE9", "Jörg^Иван^é")]
    public void Read_OfNameInEachCharacterSet_GivesIt(string set, string bytes, string name) =>
        Assert.That(Read(Build(set, Convert.FromHexString(bytes)), out _).Name, Is.EqualTo(name));

    // What writers make of the terms; several values that need no escape; escapes that nobody announced.
    [TestCase("ISO-IR 101", "EC")]
    [TestCase("ISO_IR101", "EC")]
    [TestCase("iso 2022 ir 101", "EC")]
    [TestCase(@"ISO 2022 IR 101\ISO 2022 IR 144", "EC")]
    [TestCase("ISO_IR 100", "1B2D42EC")]
    [TestCase(null, "1B2D42EC")]
    public void Read_OfTermsAndEscapesAsWritersUseThem_GivesTheName(string? set, string bytes) =>
        Assert.That(Read(Build(set, Convert.FromHexString(bytes)), out _).Name, Is.EqualTo("\u011B"));

    // Unknown sets, no set, bytes or escapes that are none of the set, a set that ended at ^, half a character, a control character.
    [TestCase("ISO_IR 999", "4AF672")]
    [TestCase("KOI8-R", "4AF672")]
    [TestCase(null, "4AF672")]
    [TestCase("ISO_IR 6", "4AF672")]
    [TestCase("ISO_IR 192", "4AF672")]
    [TestCase("ISO_IR 100", "4A8A72")]
    [TestCase("ISO_IR 109", "A5")]
    [TestCase("ISO_IR 100", "1B2461")]
    [TestCase("ISO_IR 192", "1B2D42EC")]
    [TestCase(@"\ISO 2022 IR 149", "1B242943FBF35ED1CE")]
    [TestCase(@"\ISO 2022 IR 149", "1B242943FBF3D1")]
    [TestCase(@"\ISO 2022 IR 87", "1B24423B33451B2842")]
    [TestCase("GB18030", "4181")]
    [TestCase("ISO_IR 100", "410742")]
    public void Read_OfNameThatIsNotInTheSet_NamesFileTagSetAndRemedy(string? set, string bytes)
    {
        string path = string.Empty;
        var error = Assert.Throws<DataException>(() => Read(Build(set, Convert.FromHexString(bytes)), out path));
        Assert.Multiple(() =>
        {
            Assert.That(error!.File, Is.EqualTo(path));
            Assert.That(error.Message, Does.Contain("(0010,0010)").And.Contains(set is null ? "names no character set" : $"'{set}'").And.Contains("do not ask to keep the identity"));
        });
    }

    [TestCase("ISO_IR 999")]
    [TestCase(null)]
    public void Read_OfAsciiNameInAnySet_GivesIt(string? set) =>
        Assert.That(Read(Build(set, "Doe^Jane"u8.ToArray()), out _), Is.EqualTo(new DicomPatient { Name = "Doe^Jane", Id = "17" }));

    [Test]
    public void Open_OfTextThatIsNotInTheSet_ReadsTheClipAllTheSame() =>
        Assert.That(
            DicomBuilder.Open(new DicomBuilder().Text(DicomTags.SpecificCharacterSet, "CS", "KOI8-R").Element(DicomTags.Manufacturer, "LO", [0x41, 0xF6]).Image(1, 1).Pixels("OB", 0).ToFile(DicomBuilder.ExplicitLittle)).Scanner,
            Is.EqualTo("A\u00F6"));

    [TestCase(null, "\u0416")]
    [TestCase("ISO_IR 101", "\u013D")]
    public void View_OfItem_HasTheOuterCharacterSetUnlessItNamesOne(string? own, string expected)
    {
        byte[] file = new DicomBuilder().Text(DicomTags.SpecificCharacterSet, "CS", "ISO_IR 144").Image(1, 1).Sequence(DicomTags.ViewCodeSequence, true, true, item =>
        {
            if (own is not null)
            {
                item.Text(DicomTags.SpecificCharacterSet, "CS", own);
            }

            item.Element(DicomTags.CodeMeaning, "LO", own is null ? [0xB6] : [0xA5]);
        }).Pixels("OB", 0).ToFile(DicomBuilder.ExplicitLittle);
        Assert.That(DicomBuilder.Open(file).View, Is.EqualTo(expected));
    }

    [Test]
    public void Write_OfFreeViewLabel_ComesBack()
    {
        using var folder = new TemporaryFolder();
        var clip = new EchoClip(new MemoryFrameStore([1], 1, 1, 1, 1), new ClipOrigin("test", "memory")) { View = "Vierkammerblick, gekippt f\u00FCr LV" };
        DicomClipWriter.Write(folder.File("clip.dcm"), clip);
        Assert.That(new DicomClipSource().Open(folder.File("clip.dcm")).View, Is.EqualTo(clip.View));
    }
}
