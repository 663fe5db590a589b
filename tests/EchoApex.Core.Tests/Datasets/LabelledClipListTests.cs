using EchoApex.Core.Datasets;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LabelledClipListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LabelledClipListTests()
    {
        Directory.CreateDirectory(_folder.File("clips"));
        foreach (string name in new[] { "a.avi", "b, c.avi", "d.avi", "m.npy" })
        {
            File.WriteAllText(Path.Combine(_folder.File("clips"), name), "x");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_PlainList_TakesPathsRelativeToItAndQuotedFields()
    {
        var list = LabelledClipList.Read(Write("path,label,masks,patient\r\nclips/a.avi,A4C,clips/m.npy,p1\r\n\r\n\"clips/b, c.avi\",\"PL\"\"AX\n\",,\r\n"));
        Assert.That(list.Clips, Is.EqualTo(new[]
        {
            new LabelledClip(Full("a.avi"), "A4C", "p1", Full("m.npy"), 2),
            new LabelledClip(Full("b, c.avi"), "PL\"AX", Full("b, c.avi"), null, 4),
        }));
        Assert.That(list.LabelNames, Is.EqualTo(new[] { "A4C", "PL\"AX" }));
        Assert.That((list.HasMasks, list.MaskNames), Is.EqualTo((false, (IReadOnlyList<string>?)null)));
    }

    [Test]
    public void Read_OtherColumnNames_TakesThem()
    {
        var columns = new LabelledClipColumns { Path = "file", Label = "view", Masks = "seg", Group = "who" };
        var list = LabelledClipList.Read(Write("view,file,who,seg\nA4C,clips/a.avi,p1,clips/m.npy\n"), columns);
        Assert.That(list.Clips.Single(), Is.EqualTo(new LabelledClip(Full("a.avi"), "A4C", "p1", Full("m.npy"), 2)));
    }

    [Test]
    public void Read_ManifestOfAPhantomSet_WorksAsItIs([Values] bool dicom)
    {
        string set = _folder.File("set");
        PhantomSetWriter.Write(set, new PhantomSetOptions { Count = 3, Dicom = dicom, Avi = !dicom, Clip = new PhantomOptions { ImageSize = 32, Frames = 1 } });
        var list = LabelledClipList.Read(Path.Combine(set, "manifest.csv"));
        Assert.That(list.Clips.Select(clip => clip.Label), Is.EqualTo(new[] { "A4C", "A2C", "A5C" }));
        Assert.That(list.Clips.Select(clip => Path.GetExtension(clip.Path)), Is.All.EqualTo(dicom ? ".dcm" : ".avi"));
        Assert.That(list.HasMasks, Is.True);
        Assert.That(list.MaskNames, Is.EqualTo(Enum.GetNames<PhantomLabel>()));
    }

    [TestCase("", "is empty")]
    [TestCase("path,label\n", "names no clip")]
    [TestCase("file,label\nclips/a.avi,A4C\n", "line 1: has no column 'path', only file, label. Rename the right one, or add it")]
    [TestCase("path,path\n", "line 1: names the column 'path' twice")]
    [TestCase("path,label\nclips/a.avi,A4C\nclips/b, c.avi,A4C\n", "line 3: has 3 fields, the header has 2. Put a field that holds a comma into double quotes")]
    [TestCase("path,label\nclips/a.avi,A4C\nclips/z.avi,A4C\n", "line 3: the clip 'clips/z.avi' does not exist. Paths are relative to the folder of the list")]
    [TestCase("path,label\n,A4C\n", "line 2: names no clip")]
    [TestCase("path,label\nclips/a.avi,\n", "line 2: has no label")]
    [TestCase("path,label,masks\nclips/a.avi,A4C,no.npy\n", "line 2: the masks 'no.npy' does not exist")]
    [TestCase("path,label\n\"clips/a.avi,A4C\n", "line 2: a double quote is opened and never closed")]
    public void Read_Fault_NamesFileLineAndRemedy(string text, string expected)
    {
        string path = Write(text);
        var error = Assert.Throws<DataException>(() => LabelledClipList.Read(path))!;
        Assert.That(error.Message, Does.StartWith(path + ": ").And.Contain(expected));
    }

    [Test]
    public void Read_ColumnsThatCanBeNamed_NameTheOption() =>
        Assert.That(() => LabelledClipList.Read(Write("file,label\nclips/a.avi,A4C\n"), new LabelledClipColumns()), Throws.TypeOf<DataException>().With.Message.Contains("Name the right one with --path-column"));

    [Test]
    public void LabelIndices_UnknownLabel_NamesTheLine()
    {
        var list = LabelledClipList.Read(Write("path,label\nclips/a.avi,A4C\nclips/d.avi,PSAX\n"));
        Assert.That(list.LabelIndices(["PSAX", "A4C"]), Is.EqualTo(new[] { 1, 0 }));
        Assert.That(() => list.LabelIndices(["A4C"]), Throws.TypeOf<DataException>().With.Message.Contains("line 3: the label 'PSAX'"));
    }

    [TestCase("path,label\nclips/d.avi,A4C\nclips/a.avi,A2C\n", "line 3: the clip ")]
    [TestCase("path,label,patient\nclips/d.avi,A4C,p1\n", "line 2: the patient p1")]
    public void RequireDisjoint_SharedClipOrPatient_IsRefused(string other, string expected)
    {
        var list = LabelledClipList.Read(Write("path,label,patient\nclips/a.avi,A4C,p1\n"));
        Assert.That(() => list.RequireDisjoint(LabelledClipList.Read(Write(other, "other.csv"))), Throws.TypeOf<DataException>().With.Message.Contains(expected));
        Assert.That(() => list.RequireDisjoint(LabelledClipList.Read(Write("path,label\nclips/d.avi,A4C\n", "third.csv"))), Throws.Nothing);
    }

    private string Full(string name) => Path.Combine(_folder.File("clips"), name);

    private string Write(string text, string name = "list.csv")
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }
}
