using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class CamusSetTests
{
    private static readonly ReplicaOptions Small = new() { Count = 5, ImageSize = 96, Frames = 8 };

    private static void CompareMasks(AnnotatedClip clip, ReplicaClip replica)
    {
        var truth = replica.Phantom.Truth;
        foreach (var frame in clip.Frames)
        {
            var mask = frame.Mask!();
            byte[] expected = [.. truth.Mask(replica.Frames[frame.Frame]).ToArray().Where((_, i) => i % truth.Width < mask.Width).Select(label => (byte)(label <= 3 ? label : 0))];
            Assert.That(mask.Labels.ToArray(), Is.EqualTo(expected), $"{clip.Name}, frame {frame.Frame}");
        }
    }

    [Test]
    public void Read_OfNiftiRelease_HasHalfCyclesWithEveryFrameTraced([Values] bool lists)
    {
        using var folder = new TemporaryFolder();
        var truth = CamusReplica.WriteNifti(folder.Path, Small, lists);
        var set = CamusSet.Read(folder.Path);
        var byName = truth.ToDictionary(clip => clip.Name);
        Assert.That(set.Clips.Select(clip => clip.Name), Is.EquivalentTo(byName.Keys));
        foreach (var clip in set.Clips)
        {
            var replica = byName[clip.Name];
            var phantom = replica.Phantom.Truth;
            Assert.Multiple(() =>
            {
                Assert.That((clip.Split, clip.View, clip.Patient), Is.EqualTo((replica.Split, (string?)phantom.View.ToString(), clip.Name[..11])));
                Assert.That(clip.EjectionFraction, Is.EqualTo(phantom.EjectionFractionPercent).Within(1e-9));
                Assert.That(clip.Frames, Has.Count.EqualTo(replica.Frames.Count));
                Assert.That((replica.Frames[clip.EndDiastolicFrame!.Value], replica.Frames[clip.EndSystolicFrame!.Value]), Is.EqualTo((phantom.EndDiastolicFrame, phantom.EndSystolicFrame)));
            });
            CompareMasks(clip, replica);
            var open = clip.Open();
            Assert.That(open.FrameCount, Is.EqualTo(replica.Frames.Count), "a clip without sequence has two frames");
            Assert.That(open.Spacing!.XMm, Is.EqualTo(phantom.Spacing.XMm).Within(1e-6));
            Assert.That(open.ReadFrame(0)[..open.Width], Is.EqualTo(replica.Phantom.Clip.ReadFrame(replica.Frames[0])[..open.Width]));
        }

        Assert.That(set.Structures, Is.EqualTo(new[] { "background", "left_ventricle", "left_ventricular_myocardium", "left_atrium" }));
        Assert.That(set.Notes, Has.Some.StartsWith("2 sequences run from end systole to end diastole"));
        Assert.That(set.Notes, Has.Some.Contains(lists ? "The lists subgroup_*.txt" : "There are no lists of patients: 1 to 400 train"));
        Assert.That(set.Skipped, Has.Count.EqualTo(1));
        Assert.That(set.Skipped[0].Path, Does.EndWith("patient0399_2CH_half_sequence.nii.gz"));
    }

    [Test]
    public void Read_OfMetaImageRelease_HasOldKeysAndTestingFolder()
    {
        using var folder = new TemporaryFolder();
        var truth = CamusReplica.WriteMetaImage(folder.Path, Small);
        var set = CamusSet.Read(folder.Path);
        var byName = truth.ToDictionary(clip => clip.Name);
        Assert.That(set.Clips.Select(clip => (clip.Name, clip.Split)), Is.EquivalentTo(truth.Select(clip => (clip.Name, clip.Split))));
        foreach (var clip in set.Clips)
        {
            var replica = byName[clip.Name];
            bool isTesting = replica.Split == DataSplit.Test;
            Assert.That(clip.Frames, Has.Count.EqualTo(isTesting ? 0 : 2), clip.Name);
            Assert.That(clip.EjectionFraction, isTesting ? Is.Null : Is.EqualTo(replica.Phantom.Truth.EjectionFractionPercent).Within(1e-9));
            Assert.That(clip.EndDiastolicVolumeMl, isTesting ? Is.Null : Is.EqualTo(replica.Phantom.Truth.EndDiastolicVolumeMl).Within(1e-9));
            CompareMasks(clip, replica);
        }

        // Numbers of the testing folder begin at 1 again: another patient than patient0001 of the training folder.
        Assert.That(set.Clips.Select(clip => clip.Patient), Has.Some.EqualTo("patient0001").And.Some.EqualTo("testing-patient0001"));
    }

    [Test]
    public void Read_OfNumberedLists_UsesTheFoldAskedFor()
    {
        using var folder = new TemporaryFolder();
        CamusReplica.WriteMetaImage(folder.Path, Small with { Count = 3 });
        void List(string name, params string[] patients) => File.WriteAllLines(ReplicaTools.InFolder(Path.Combine(folder.Path, "listSubGroups", name + ".txt")), patients);
        List("subGroup1_training", "patient0001", "patient0002");
        List("subGroup1_testing", "patient0003");
        List("subGroup2_training", "patient0003");
        List("subGroup2_validation", "patient0001");
        Assert.That(CamusSet.Read(folder.Path, fold: 1).Of(DataSplit.Test).Select(clip => clip.Patient), Is.All.EqualTo("patient0003"));
        var second = CamusSet.Read(folder.Path, fold: 2, view: "A2C");
        Assert.That(second.Clips.Select(clip => (clip.Name, clip.Split)), Is.EqualTo(new[] { ("patient0001_2CH", DataSplit.Validation), ("patient0003_2CH", DataSplit.Train) }));
        Assert.That(second.Skipped.Single().Reason, Does.Contain("'patient0002' is in none of the set's lists"));
        Assert.That(() => CamusSet.Read(folder.Path, fold: 3), Throws.InstanceOf<DataException>().With.Message.Contains("none called subGroup3_training.txt"));
    }

    [TestCase(255, 1)]
    [TestCase(85, 1)]
    [TestCase(170, 2)]
    [TestCase(3, 3)]
    public void Mask_OfScaledCopies_IsTheLabel(byte stored, byte expected)
    {
        var mask = SetWithMask(stored, stored == 170 ? (byte)85 : (byte)0);
        Assert.That(mask.Labels.Span[0], Is.EqualTo(expected));
    }

    [Test]
    public void Mask_OfOtherValues_IsRefused() =>
        Assert.That(() => SetWithMask(9, 0), Throws.InstanceOf<DataException>().With.Message.Contains("holds the label 9; CAMUS has 0 to 3"));

    [Test]
    public void Read_OfWrongDescription_SkipsTheView()
    {
        using var folder = new TemporaryFolder();
        CamusReplica.WriteNifti(folder.Path, Small with { Count = 1, Traps = false });
        string config = Path.Combine(folder.Path, "CAMUS_public", "database_nifti", "patient0001", "Info_2CH.cfg");
        File.WriteAllText(config, "ED: 1\nES: 99\n");
        var set = CamusSet.Read(folder.Path);
        Assert.That(set.Clips.Select(clip => clip.View), Is.EqualTo(new[] { "A4C" }));
        Assert.That(set.Skipped.Single().Reason, Does.StartWith("line 2: ES is 99; the sequence has frames 1 to "));
    }

    private static LabelMask SetWithMask(byte first, byte second)
    {
        using var folder = new TemporaryFolder();
        string stem = Path.Combine(folder.Path, "patient0001", "patient0001_2CH_ED");
        File.WriteAllBytes(ReplicaTools.InFolder(stem + ".nii"), NiftiWriter.Encode(new byte[4], [2, 2]));
        File.WriteAllBytes(stem + "_gt.nii", NiftiWriter.Encode([first, second, 0, 0], [2, 2]));
        return CamusSet.Read(folder.Path).Clips[0].Frames[0].Mask!();
    }
}
