using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class EchoNetLvhSetTests : IDisposable
{
    private TemporaryFolder _folder = null!;
    private IReadOnlyList<ReplicaClip> _truth = null!;
    private AnnotatedClipSet _set = null!;

    [OneTimeSetUp]
    public void Write()
    {
        _folder = new TemporaryFolder();
        _truth = EchoNetLvhReplica.Write(_folder.Path);
        _set = EchoNetLvhSet.Read(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_OfReplica_HasCalipersWhereTheyAre()
    {
        Assert.That(_set.Clips.Select(clip => (clip.Name, clip.Split)), Is.EqualTo(_truth.Select(clip => (clip.Name, clip.Split))));
        foreach (var (clip, replica) in _set.Clips.Zip(_truth))
        {
            var truth = replica.Phantom.Truth;
            Assert.That((clip.EndDiastolicFrame, clip.EndSystolicFrame), Is.EqualTo(((int?)truth.EndDiastolicFrame, (int?)truth.EndSystolicFrame)));
            foreach (var frame in clip.Frames)
            {
                foreach (var (name, point) in frame.Landmarks)
                {
                    var place = truth.Landmarks[frame.Frame].Single(landmark => landmark.Name == name);
                    Assert.That((point.X, point.Y), Is.EqualTo((place.X, place.Y)), $"{clip.Name}, frame {frame.Frame}, {name}: odd clips' calipers run upwards");
                }
            }
        }
    }

    [Test]
    public void Spacing_FollowsFromTheCalipers()
    {
        foreach (var (clip, replica) in _set.Clips.Zip(_truth))
        {
            double mm = replica.Phantom.Truth.Spacing.XMm;
            Assert.That(clip.Spacing!.XMm, Is.EqualTo(mm).Within(1e-6), clip.Name);
            Assert.That(clip.Open().Spacing, Is.EqualTo(clip.Spacing));
            var frame = clip.Frames[^1];
            foreach (var (name, length) in frame.LengthsMm.Where(_ => clip != _set.Clips[2]))
            {
                var (a, b) = (frame.Landmarks[$"{name}_start"], frame.Landmarks[$"{name}_end"]);
                Assert.That(length, Is.EqualTo(mm * Math.Sqrt(((b.X - a.X) * (b.X - a.X)) + ((b.Y - a.Y) * (b.Y - a.Y)))).Within(1e-6));
            }
        }
    }

    [Test]
    public void Read_OfRowsThatDisagree_TakesTheMedianAndSaysSo()
    {
        Assert.That(_set.Notes, Has.Some.StartsWith("1 clips have calipers whose pixel sizes differ by more than 10 %"));
        Assert.That(_set.Clips[2].Source, Does.Contain("pixel sizes of its rows differ by 200 %"));
        Assert.That(_set.Clips[0].Source, Does.EndWith("MeasurementsList.csv, line 2"));
    }

    [Test]
    public void Read_OfDamagedRows_SkipsEachWithItsReason()
    {
        Assert.That(_set.Skipped, Has.Count.EqualTo(EchoNetLvhReplica.Unusable));
        foreach (string expected in new[] { "the caliper has 0 cm", "has this measurement already", "there is no video '0XMISSING'", "'0XTWICE' is in Test here and in Train in line" })
        {
            Assert.That(_set.Skipped.Select(skipped => skipped.Reason), Has.Some.Contains(expected));
        }

        Assert.That(_set.Notes, Has.Some.StartsWith("1 rows are of calculations other than"));
    }
}
