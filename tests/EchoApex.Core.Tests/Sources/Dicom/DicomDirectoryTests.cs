using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources.Dicom;

public sealed class DicomDirectoryTests
{
    [Test]
    public void Images_AreThoseThatTheDirectoryLists_InItsOrder()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "IMAGES", "A"));
        File.WriteAllText(Path.Combine(folder.Path, "IMAGES", "A", "ONE"), "");
        Directory.CreateDirectory(Path.Combine(folder.Path, "images", "b"));
        File.WriteAllText(Path.Combine(folder.Path, "images", "b", "two"), "");
        Write(folder.File("DICOMDIR"), ("PATIENT", null), ("STUDY", null), ("IMAGE", @"IMAGES\B\TWO"), ("SR DOCUMENT", @"IMAGES\A\REPORT"), ("IMAGE", @"IMAGES\A\ONE"));
        var images = DicomDirectory.Images(folder.File("DICOMDIR"));
        Assert.That(images.Select(path => Path.GetRelativePath(folder.Path, path)), Is.EqualTo(new[] { Path.Combine("images", "b", "two"), Path.Combine("IMAGES", "A", "ONE") }));
        Assert.That(DicomDirectory.Is(folder.File("DICOMDIR")), Is.True);
    }

    [TestCase(@"..\SECRET")]
    [TestCase(@"A\..\..\SECRET")]
    [TestCase(@"C:\SECRET")]
    [TestCase("/etc/passwd")]
    public void Images_OutsideTheFolder_AreRefused(string file)
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("DICOMDIR"), ("IMAGE", file));
        Assert.That(() => DicomDirectory.Images(folder.File("DICOMDIR")), Throws.InstanceOf<DataException>().With.Message.Contains("below its folder"));
    }

    [Test]
    public void Reference_OfAClip_TellsStudiesApartAndNamesNobody()
    {
        using var folder = new TemporaryFolder();
        var clip = PhantomGenerator.Generate(new PhantomOptions { ImageSize = 32, Frames = 2 }, 1, 0).Clip;
        DicomClipWriter.Write(folder.File("a.dcm"), clip, new DicomWriteOptions { UidSeed = "a", StudySeed = "one" });
        DicomClipWriter.Write(folder.File("b.dcm"), clip, new DicomWriteOptions { UidSeed = "b", StudySeed = "one" });
        var (a, b) = (DicomReference.TryRead(folder.File("a.dcm"))!, DicomReference.TryRead(folder.File("b.dcm"))!);
        Assert.That((a.StudyUid, a.SeriesUid), Is.EqualTo((b.StudyUid, b.SeriesUid)));
        Assert.That(a.InstanceUid, Is.Not.EqualTo(b.InstanceUid));
        Assert.That((a.BodyPart, a.PatientHash), Is.EqualTo(("HEART", (string?)null)));
        Assert.That(DicomPatient.Read(folder.File("a.dcm")), Is.EqualTo(new DicomPatient()));
        File.WriteAllText(folder.File("c.txt"), "no DICOM");
        Assert.That(DicomReference.TryRead(folder.File("c.txt")), Is.Null);
    }

    private static void Write(string path, params (string Type, string? File)[] records)
    {
        using var stream = new FileStream(path, FileMode.Create);
        DicomPart10.WriteHead(stream, "1.2.840.10008.1.3.10", "2.25.1", DicomPart10.ExplicitLittleEndian);
        new DicomElementWriter(stream).Sequence(0x00041220, records.Select<(string Type, string? File), Action<DicomElementWriter>>(record => item =>
        {
            item.Text(0x00041430, "CS", record.Type);
            if (record.File is { } file)
            {
                item.Text(0x00041500, "CS", file);
            }
        }));
    }
}
