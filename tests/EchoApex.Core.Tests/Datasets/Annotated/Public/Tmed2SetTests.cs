using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class Tmed2SetTests
{
    [Test]
    public void Read_OfReplica_HasPicturesWithViewAndPart()
    {
        using var folder = new TemporaryFolder();
        var truth = Tmed2Replica.Write(folder.Path);
        var set = Tmed2Set.Read(folder.Path);
        Assert.That(set.Clips.Select(clip => (clip.Name, clip.Split)), Is.EqualTo(truth.Select(clip => (clip.Name, clip.Split))));
        Assert.That(set.Clips.Take(5).Select(clip => clip.View), Is.EqualTo(new[] { "PLAX", "PSAX", "A4C", "A2C", "A4CorA2CorOther" }));
        Assert.That(set.Clips.Select(clip => clip.Patient).Distinct(), Is.EqualTo(new[] { "4860", "4861", "4862", "4863", "4864" }));
        Assert.That(set.Clips[0].Path, Does.Contain("view_and_diagnosis_labeled_set"), "the same name is in another folder too");
        Assert.That(set.Clips[7].Open().ReadFrame(0), Is.EqualTo(truth[7].Phantom.Clip.ReadFrame(0)));
        Assert.That(set.Skipped, Has.Count.EqualTo(Tmed2Replica.UnusableRows));
        Assert.That(set.Skipped.Select(skipped => skipped.Reason), Has.Some.Contains("there is no picture '9999s1_0.png'").And.Some.Contains("the patient '4864' is in Train here and in Test elsewhere"));
        Assert.That(set.Notes, Has.Some.StartsWith("1 rows are in no part of the view classifier"));
    }

    [Test]
    public void Read_OfOtherTables_TakesTheOneAskedFor()
    {
        using var folder = new TemporaryFolder();
        Tmed2Replica.Write(folder.Path);
        Assert.That(Tmed2Set.Read(folder.Path, labelledSet: "DEV56").Clips, Has.Count.EqualTo(5));
        Assert.That(Tmed2Set.Read(folder.Path, fold: 1).Clips, Has.Count.EqualTo(10));
        Assert.That(() => Tmed2Set.Read(folder.Path, fold: 2), Throws.InstanceOf<DataException>().With.Message.Contains("there is no TMED2_fold2_labeledpart.csv"));
        Assert.That(() => Tmed2Set.Read(folder.Path, labelledSet: "DEV9"), Throws.InstanceOf<DataException>().With.Message.Contains("in a folder 'DEV9', only "));
    }
}
