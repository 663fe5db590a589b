using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class EchoNetDynamicSetTests : IDisposable
{
    private TemporaryFolder _folder = null!;
    private IReadOnlyList<ReplicaClip> _truth = null!;
    private AnnotatedClipSet _set = null!;

    [OneTimeSetUp]
    public void Write()
    {
        _folder = new TemporaryFolder();
        _truth = EchoNetDynamicReplica.Write(_folder.Path);
        _set = EchoNetDynamicSet.Read(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_OfReplica_HasItsClipsPartsAndValues()
    {
        Assert.That(_set.Clips.Select(clip => (clip.Name, clip.Split)), Is.EqualTo(_truth.Select(clip => (clip.Name, clip.Split))));
        foreach (var (clip, truth) in _set.Clips.Zip(_truth))
        {
            Assert.Multiple(() =>
            {
                Assert.That(clip.EjectionFraction, Is.EqualTo(truth.Phantom.Truth.EjectionFractionPercent).Within(1e-9));
                Assert.That(clip.EndDiastolicVolumeMl, Is.EqualTo(truth.Phantom.Truth.EndDiastolicVolumeMl).Within(1e-9));
                Assert.That(clip.EndSystolicVolumeMl, Is.EqualTo(truth.Phantom.Truth.EndSystolicVolumeMl).Within(1e-9));
                Assert.That((clip.View, clip.Spacing, clip.Patient), Is.EqualTo(("A4C", (object?)null, clip.Name)));
            });
        }
    }

    [Test]
    public void Read_OfOutlinesInEitherOrder_FindsTheMomentsByArea()
    {
        foreach (int i in new[] { 0, 1, 5, 6, 7 })
        {
            var truth = _truth[i].Phantom.Truth;
            Assert.That((_set.Clips[i].EndDiastolicFrame, _set.Clips[i].EndSystolicFrame), Is.EqualTo(((int?)truth.EndDiastolicFrame, (int?)truth.EndSystolicFrame)), $"clip {i}");
        }
    }

    [Test]
    public void Mask_OfEachOutline_IsTheVentricleInTheVideosOwnSize()
    {
        foreach (var (clip, truth) in _set.Clips.Zip(_truth))
        {
            foreach (var frame in clip.Frames)
            {
                var mask = frame.Mask!();
                Assert.That((mask.Height, mask.Width), Is.EqualTo((112, 112)), "one row of the table says 768 x 1024");
                Assert.That(ReplicaTools.Dice(truth.Phantom.Truth.Mask(frame.Frame), mask.Labels.Span, (byte)PhantomLabel.LeftVentricle), Is.GreaterThan(.93), $"{clip.Name}, frame {frame.Frame}");
            }
        }
    }

    [Test]
    public void Read_OfClipsWithoutTwoOutlines_KeepsTheirEjectionFraction()
    {
        Assert.That(_set.Clips[2].Frames, Is.Empty);
        Assert.That(_set.Clips[3].Frames, Has.Count.EqualTo(1));
        Assert.That(_set.Clips[4].Frames, Has.Count.EqualTo(1), "one chord of the other frame is damaged");
        Assert.That(_set.Clips.Skip(2).Take(3).Select(clip => clip.EndSystolicFrame), Is.All.Null);
        Assert.That(_set.Notes, Has.Some.StartsWith("3 clips have no outlines of two frames"));
    }

    [Test]
    public void Read_OfDamagedRows_SkipsEachWithItsLineAndReason()
    {
        int first = _truth.Count + 2;
        Assert.That(_set.Skipped, Has.Count.EqualTo(EchoNetDynamicReplica.UnusableRows + 1));
        string[] expected =
        [
            $"line {first}: EF is 'abc', expected a number. Correct or remove the line.",
            $"line {first + 1}: has 4 fields, the header has 9. Correct or remove the line.",
            $"line {first + 2}: Split is 'OTHER', expected train, val or test. Correct or remove the line.",
            $"line {first + 3}: there is no video '0XMISSING' in Videos. Get it again, or remove the line.",
        ];
        Assert.That(_set.Skipped.Where(skipped => skipped.Path.EndsWith("FileList.csv", StringComparison.Ordinal)).Select(skipped => skipped.Reason), Is.EquivalentTo(expected));
        Assert.That(_set.Skipped.Select(skipped => skipped.Reason), Has.Some.Contains("X1 is '?', expected a number. Correct or remove the line. The outline of this frame is left out."));
    }

    [Test]
    public void Open_OfAClip_GivesItsFrames()
    {
        var clip = _set.Clips[0].Open();
        Assert.That((clip.FrameCount, clip.Width), Is.EqualTo((10, 112)));
    }

    [Test]
    public void Open_OfClipShorterThanItsOutlines_SaysWhoSpeaksOfWhichFrame()
    {
        var clip = _set.Clips[0] with { EndSystolicFrame = 10 };
        Assert.That(clip.Open, Throws.InstanceOf<DataException>().With.Message.Contains("has 10 frames, but").And.Message.Contains("FileList.csv, line 2 speaks of frame 10"));
    }

    [Test]
    public void Read_WithoutTracings_KeepsEjectionFractionsAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        EchoNetDynamicReplica.Write(folder.Path, new ReplicaOptions { Count = 2, Traps = false, Frames = 2 });
        File.Delete(Path.Combine(folder.Path, "EchoNet-Dynamic", "VolumeTracings.csv"));
        var set = EchoNetDynamicSet.Read(folder.Path);
        Assert.That(set.Clips, Has.Count.EqualTo(2));
        Assert.That(set.Notes[0], Does.Contain("VolumeTracings.csv: the clips have no masks"));
    }

    [Test]
    public void Read_WithoutAnyVideo_FailsWithTheFirstReason()
    {
        using var folder = new TemporaryFolder();
        EchoNetDynamicReplica.Write(folder.Path, new ReplicaOptions { Count = 2, Traps = false, Frames = 2 });
        Directory.Delete(Path.Combine(folder.Path, "EchoNet-Dynamic", "Videos"), recursive: true);
        Assert.That(() => EchoNetDynamicSet.Read(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("2 rows or files were left out, the first: ").And.Message.Contains("line 2: there is no video"));
    }

    [Test]
    public void Read_OfAnotherFolder_SaysWhatIsMissing()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => EchoNetDynamicSet.Read(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("there is no FileList.csv with the columns"));
        File.WriteAllText(folder.File("FileList.csv"), "FileName,EF,ESV,EDV\n");
        Assert.That(() => EchoNetDynamicSet.Read(folder.Path), Throws.InstanceOf<DataException>().With.Message.Contains("line 1: has no column 'Split'"));
    }
}
