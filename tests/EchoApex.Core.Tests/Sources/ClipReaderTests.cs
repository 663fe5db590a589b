using EchoApex.Core.Runtime;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Images;
using EchoApex.Core.Tests.Sources.Dicom;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Sources;

public sealed class ClipReaderTests
{
    private static byte[] DicomFile() => new DicomBuilder().Image(2, 3).Pixels("OB", 1, 2, 3, 4, 5, 6).ToFile(DicomBuilder.ExplicitLittle);

    private static byte[] Picture() => PngClipWriter.Encode([1, 2, 3, 4], 2, 2, 1);

    [TestCase("clip.dcm")]
    [TestCase("1.2.840.113619")]
    [TestCase("misnamed.png")]
    public void Open_OfDicom_GoesByContent(string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File(name), DicomFile());
        Assert.That(ClipReader.Open(folder.File(name)).Origin.Format, Is.EqualTo("DICOM"));
    }

    [Test]
    public void Open_OfPictureWithoutExtension_GoesByContent()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("picture"), Picture());
        Assert.That(ClipReader.Open(folder.File("picture")).Origin.Format, Is.EqualTo("PNG"));
    }

    [Test]
    public void Open_OfUnknownKind_ListsTheKnownOnes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("notes.txt"), "hello");
        Assert.That(() => ClipReader.Open(folder.File("notes.txt")), Throws.InstanceOf<DataException>().With.Message.Contains("DICOM, video, pictures"));
    }

    [Test]
    public void Open_OfMissingPath_SaysSo() =>
        Assert.That(() => ClipReader.Open("/nowhere/at/all"), Throws.InstanceOf<DataException>().With.Message.Contains("does not exist"));

    [TestCase("x.dcm")]
    [TestCase("x.avi")]
    [TestCase("x.png")]
    [TestCase("x.jpg")]
    public void Open_OfEmptyFile_GivesOneClearError(string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File(name), []);
        Assert.That(() => ClipReader.Open(folder.File(name)), Throws.InstanceOf<DataException>());
    }

    [Test]
    public void EnumerateClips_FileOutOfReach_IsListedAndDoesNotEndTheWalk()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File("a"), folder.File("gone"));
        File.WriteAllText(folder.File("b.png"), "x");
        Assert.That(ClipReader.EnumerateClips(folder.Path), Is.EqualTo(new[] { folder.File("a"), folder.File("b.png") }));
        Assert.That(() => ClipReader.Open(folder.File("a")), Throws.InstanceOf<DataException>());
    }

    [Test]
    public void EnumerateClips_FolderThatCannotBeListed_IsNamedAndDoesNotEndTheWalk()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "a", "b", "c" })
        {
            Directory.CreateDirectory(folder.File(name));
            File.WriteAllText(folder.File(name + "/x.png"), "x");
        }

        var found = new List<string>();
        foreach (string path in ClipReader.EnumerateClips(folder.Path))
        {
            found.Add(path);
            if (found.Count == 1)
            {
                // Gone between the listing of its parent and its own: out of reach for every user, root included.
                Directory.Delete(folder.File("b"), recursive: true);
            }
        }

        Assert.That(found, Is.EqualTo(new[] { folder.File("a/x.png"), folder.File("b"), folder.File("c/x.png") }));
        Assert.That(() => ClipReader.Open(folder.File("b")), Throws.InstanceOf<DataException>());
    }

    [Test]
    public void EnumerateClips_LinksThatLeadBackOrTwiceToOnePlace_GiveEachClipOnce()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("a/deep"));
        File.WriteAllText(folder.File("a/x.png"), "x");
        File.WriteAllText(folder.File("a/deep/z.png"), "x");
        File.WriteAllText(elsewhere.File("y.png"), "x");
        Directory.CreateSymbolicLink(folder.File("a/deep/up"), "..");
        Directory.CreateSymbolicLink(folder.File("a/root"), folder.Path);
        Directory.CreateSymbolicLink(folder.File("b"), elsewhere.Path);
        Directory.CreateSymbolicLink(folder.File("c"), elsewhere.Path);
        string[] expected = [folder.File("a/deep/z.png"), folder.File("a/x.png"), folder.File("b/y.png")];
        Assert.That(ClipReader.EnumerateClips(folder.Path), Is.EqualTo(expected));
    }

    [Test]
    public void EnumerateClips_OfMixedFolder_FindsClipsInOrdinalOrder()
    {
        using var folder = new TemporaryFolder();
        void Put(string name, byte[] bytes)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            File.WriteAllBytes(folder.File(name), bytes);
        }

        Put("b/frame_0000.png", Picture());
        Put("b/frame_0001.png", Picture());
        Put("a/still1.png", Picture());
        Put("a/still2.png", Picture());
        Put("a/labels.csv", "x,y"u8.ToArray());
        Put("1.2.3", DicomFile());
        Put("DICOMDIR", DicomFile());
        Put(".hidden.dcm", DicomFile());
        Put("c.avi", [1, 2, 3]);
        string[] expected = ["1.2.3", "a/still1.png", "a/still2.png", "b", "c.avi"];
        Assert.That(ClipReader.EnumerateClips(folder.Path).Select(path => Path.GetRelativePath(folder.Path, path)), Is.EqualTo(expected));
    }
}
