using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class EchoNetPediatricSetTests : IDisposable
{
    private const int Patients = 12;
    private TemporaryFolder _folder = null!;
    private IReadOnlyList<ReplicaClip> _truth = null!;
    private AnnotatedClipSet _set = null!;

    [OneTimeSetUp]
    public void Write()
    {
        _folder = new TemporaryFolder();
        _truth = EchoNetPediatricReplica.Write(_folder.Path, new ReplicaOptions { Count = Patients, Frames = 6 });
        _set = EchoNetPediatricSet.Read(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_OfReplica_HasBothViewsWithTheirValues()
    {
        var byName = _truth.ToDictionary(clip => clip.Name);
        Assert.That(_set.Clips, Has.Count.EqualTo((2 * Patients) - 1), "the last patient's views are in two parts");
        foreach (var clip in _set.Clips)
        {
            var truth = byName[clip.Name];
            Assert.That(clip.EjectionFraction, Is.EqualTo(truth.Phantom.Truth.EjectionFractionPercent).Within(1e-9));
            Assert.That((clip.View, clip.Split), Is.EqualTo((truth.Phantom.Truth.View.ToString(), truth.Split)), clip.Name);
        }
    }

    [Test]
    public void Read_OfAPatientInTwoParts_KeepsThePartThatJudges()
    {
        // Patient 11: A4C in fold 1 (validates), PSAX in fold 6 (trains).
        var last = _set.Clips.Where(clip => clip.Patient == "CRa00000b").ToArray();
        Assert.That(last.Select(clip => (clip.View, clip.Split)), Is.EqualTo(new[] { ((string?)"A4C", DataSplit.Validation) }));
        Assert.That(_set.Skipped.Select(skipped => skipped.Reason), Has.Some.Contains("the patient 'CRa00000b' is in Train here and in Validation elsewhere"));
        Assert.That(_set.Clips.GroupBy(clip => clip.Patient).Select(patient => patient.Select(clip => clip.Split).Distinct().Count()), Is.All.EqualTo(1));
    }

    [Test]
    public void Read_OfEachTestFold_TestsThatFold()
    {
        var set = EchoNetPediatricSet.Read(_folder.Path, testFold: 9, view: "a4c");
        Assert.That(set.Clips.Select(clip => clip.Split), Is.EqualTo(Enumerable.Range(0, Patients).Select(i => (i % 10) switch { 9 => DataSplit.Test, 0 => DataSplit.Validation, _ => DataSplit.Train })));
        Assert.That(set.Clips.Select(clip => clip.View), Is.All.EqualTo("A4C"));
        Assert.That(() => EchoNetPediatricSet.Read(_folder.Path, view: "A2C"), Throws.InstanceOf<DataException>().With.Message.Contains("of view 'A2C'"));
    }

    [Test]
    public void Read_OfNoSystolic_KeepsTheOtherOutline()
    {
        var clip = _set.Clips[0];
        Assert.That(clip.Frames.Select(frame => frame.Frame), Is.EqualTo(new[] { _truth[0].Phantom.Truth.EndDiastolicFrame }));
        Assert.That(clip.EndSystolicFrame, Is.Null);
        Assert.That(_set.Notes, Has.Some.StartsWith("1 rows of tracings say that there is no such frame"));
        Assert.That(_set.Skipped.Count(skipped => skipped.Reason.Contains("expected a fold, 0 to 9", StringComparison.Ordinal)), Is.EqualTo(EchoNetPediatricReplica.UnusableRows));
    }

    [Test]
    public void Mask_OfEachOutline_IsTheVentricle()
    {
        var byName = _truth.ToDictionary(clip => clip.Name);
        foreach (var clip in _set.Clips)
        {
            foreach (var frame in clip.Frames)
            {
                Assert.That(ReplicaTools.Dice(byName[clip.Name].Phantom.Truth.Mask(frame.Frame), frame.Mask!().Labels.Span, (byte)PhantomLabel.LeftVentricle), Is.GreaterThan(.93), clip.Name);
            }
        }
    }
}
