using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Datasets.Annotated;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PhantomClipSetTests : IDisposable
{
    private static readonly PhantomSetOptions Options = new() { Count = 6, Seed = 4, Clip = new PhantomOptions { ImageSize = 64, Frames = 3 } };
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Write()
    {
        _folder = new TemporaryFolder();
        PhantomSetWriter.Write(_folder.File("set"), Options);
    }

    public void Dispose() => _folder.Dispose();

    private string Set => _folder.File("set");

    private string Manifest => Path.Combine(Set, "manifest.csv");

    private static PhantomTruth Truth(int index) => PhantomGenerator.Generate(Options.Clip, Options.Seed, index).Truth;

    [Test]
    public void Read_OfASet_HasAllThatIsKnown()
    {
        var set = PhantomClipSet.Read(Set);
        Assert.That(set.Structures, Is.EqualTo(new[] { "background", "left_ventricle", "left_ventricular_myocardium", "left_atrium", "right_ventricle", "right_atrium" }));
        Assert.That(set.Skipped, Is.Empty);
        for (int i = 0; i < Options.Count; i++)
        {
            var (clip, truth) = (set.Clips[i], Truth(i));
            Assert.Multiple(() =>
            {
                Assert.That(clip.View, Is.EqualTo(truth.View.ToString()));
                Assert.That(clip.Split, Is.EqualTo(PhantomSetWriter.Split(Options.Seed, i) switch { "train" => DataSplit.Train, "val" => DataSplit.Validation, _ => DataSplit.Test }));
                Assert.That(clip.EjectionFraction, Is.EqualTo(truth.EjectionFractionPercent).Within(1e-9));
                Assert.That((clip.EndDiastolicFrame, clip.EndSystolicFrame), Is.EqualTo(((int?)truth.EndDiastolicFrame, (int?)truth.EndSystolicFrame)));
                Assert.That(clip.Spacing, Is.EqualTo(truth.Spacing));
                Assert.That(clip.Frames.Select(frame => frame.Frame), Is.EqualTo(new[] { 0, 1, 2 }));
                Assert.That(clip.Path, Does.EndWith(".dcm"));
                Assert.That(clip.Source, Does.EndWith($"manifest.csv, line {i + 2}"));
            });
        }
    }

    [Test]
    public void Mask_OfEachFrame_IsTheTruths()
    {
        var clip = PhantomClipSet.Read(Set).Clips[0];
        foreach (var frame in clip.Frames)
        {
            Assert.That(frame.Mask!().Labels.ToArray(), Is.EqualTo(Truth(0).Mask(frame.Frame).ToArray()));
        }
    }

    [Test]
    public void Landmarks_OfLongAxis_GiveLengths()
    {
        var (clip, truth) = (PhantomClipSet.Read(Set).Clips.Single(clip => clip.View == "PLAX"), Truth(3));
        Assert.That(truth.View, Is.EqualTo(PhantomView.PLAX));
        foreach (var frame in clip.Frames)
        {
            var inside = truth.Landmarks[frame.Frame].Where(point => point.InSector).ToArray();
            Assert.That(frame.Landmarks.Keys, Is.EquivalentTo(inside.Select(point => point.Name)));
            foreach (var (name, length) in frame.LengthsMm)
            {
                var (a, b) = (frame.Landmarks[name + "_start"], frame.Landmarks[name + "_end"]);
                Assert.That(length, Is.EqualTo(truth.Spacing.XMm * Math.Sqrt(Math.Pow(b.X - a.X, 2) + Math.Pow(b.Y - a.Y, 2))).Within(1e-9));
            }
        }

        Assert.That(clip.Frames[0].LengthsMm.Keys, Is.EquivalentTo(new[] { "ivs", "lvid", "lvpw" }));
    }

    [Test]
    public void Read_WithSplit_PutsEveryClipThere() =>
        Assert.That(PhantomClipSet.Read(Set, DataSplit.Test).Clips.Select(clip => clip.Split), Is.All.EqualTo(DataSplit.Test));

    [Test]
    public void Masks_AreReadWhenTheyAreNeeded()
    {
        string masks = Directory.EnumerateFiles(Path.Combine(Set, "truth"), "masks.npy", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        File.WriteAllText(masks, "no array");
        var clip = PhantomClipSet.Read(Set).Clips[0];
        Assert.That(() => clip.Frames[0].Mask!(), Throws.InstanceOf<DataException>().With.Message.Contains("masks.npy"));
    }

    [Test]
    public void Read_OfDamagedTruthOrMissingClip_SkipsIt()
    {
        string[] truths = [.. Directory.EnumerateFiles(Path.Combine(Set, "truth"), "truth.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        File.WriteAllText(truths[0], "{");
        File.WriteAllText(truths[1], "{}");
        File.Delete(Directory.EnumerateFiles(Path.Combine(Set, "dicom")).Order(StringComparer.Ordinal).ElementAt(2));
        var set = PhantomClipSet.Read(Set);
        Assert.That(set.Clips, Has.Count.EqualTo(3));
        Assert.That(set.Skipped.Take(2).Select(skipped => skipped.Path), Is.EqualTo(truths[..2]));
        Assert.That(set.Skipped[2].Reason, Does.StartWith("line 4: names '").And.Contain("which does not exist"));
    }

    [Test]
    public void Read_WithoutAnyClip_FailsWithTheFirstReason()
    {
        Directory.Delete(Path.Combine(Set, "dicom"), recursive: true);
        Assert.That(() => PhantomClipSet.Read(Set), Throws.InstanceOf<DataException>().With.Message.Contains("names no clip that can be used; the first: ").And.Message.Contains("line 2: names"));
    }

    [Test]
    public void Read_OfAnotherTable_SaysWhatIsMissing()
    {
        File.WriteAllText(Manifest, "name,view\n");
        Assert.That(() => PhantomClipSet.Read(Set), Throws.InstanceOf<DataException>().With.Message.Contains("has no column 'split'"));
    }
}
