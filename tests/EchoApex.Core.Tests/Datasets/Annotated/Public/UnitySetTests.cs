using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;
using EchoApex.Testing;
using EchoApex.Testing.PublicSets;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class UnitySetTests : IDisposable
{
    private TemporaryFolder _folder = null!;
    private IReadOnlyList<ReplicaClip> _truth = null!;
    private AnnotatedClipSet _set = null!;

    [OneTimeSetUp]
    public void Write()
    {
        _folder = new TemporaryFolder();
        _truth = UnityReplica.Write(_folder.Path);
        _set = UnitySet.Read(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_OfReplica_HasFramesWithPointsAndLengths()
    {
        Assert.That(_set.Clips.Select(clip => (clip.Name, clip.Split)), Is.EquivalentTo(_truth.Select(clip => (clip.Name, clip.Split))));
        var byName = _set.Clips.ToDictionary(clip => clip.Name);
        foreach (var replica in _truth.Where((_, i) => i % 2 == 0))
        {
            var (clip, truth) = (byName[replica.Name], replica.Phantom.Truth);
            var frame = clip.Frames.Single();
            Assert.That(clip.View, Is.EqualTo("plax"));
            Assert.That(clip.Spacing!.YMm, Is.EqualTo(truth.Spacing.YMm).Within(1e-9), "the table has it in cm, and negative");
            Assert.That(frame.Absent, Is.EqualTo(new[] { "ao-valve-top-inner" }));
            Assert.That(frame.Unclear, Is.EqualTo(new[] { "lv-apex-epi" }));
            foreach (var landmark in truth.Landmarks[0].Where(point => point.InSector))
            {
                Assert.That((frame.Landmarks[landmark.Name].X, frame.Landmarks[landmark.Name].Y), Is.EqualTo((landmark.X, landmark.Y)), landmark.Name);
            }

            var (a, b) = (frame.Landmarks["lvid_start"], frame.Landmarks["lvid_end"]);
            Assert.That(frame.LengthsMm["lvid"], Is.EqualTo(truth.Spacing.XMm * Math.Sqrt(((b.X - a.X) * (b.X - a.X)) + ((b.Y - a.Y) * (b.Y - a.Y)))).Within(1e-9));
        }

        Assert.That(_set.Clips.Select(clip => clip.Patient), Is.All.Length.EqualTo(67));
        Assert.That(_set.Clips[0].Open().FrameCount, Is.EqualTo(1));
    }

    [Test]
    public void Read_OfCurve_IsASplineThroughItsPoints()
    {
        var replica = _truth[1];
        var frame = _set.Clips.Single(clip => clip.Name == replica.Name).Frames[0];
        var curve = frame.Curves["curve-lv-endo"];
        foreach (var knot in ReplicaTools.Corners(replica.Phantom.Truth, 0, 16))
        {
            Assert.That(curve.Min(point => Math.Abs(point.X - knot.X) + Math.Abs(point.Y - knot.Y)), Is.LessThan(1));
        }

        Assert.That(curve.Zip(curve.Skip(1)).Max(pair => Math.Sqrt(Math.Pow(pair.First.X - pair.Second.X, 2) + Math.Pow(pair.First.Y - pair.Second.Y, 2))), Is.LessThan(1.5));
    }

    [Test]
    public void Read_OfDamagedLabels_SkipsTheFrame()
    {
        Assert.That(_set.Skipped, Has.Count.EqualTo(UnityReplica.UnusableFrames));
        foreach (string expected in new[] { "there is no ", "'not-a-code.png' is no code of a frame", "the label 'lv-apex-endo' has the place '?', which is no number" })
        {
            Assert.That(_set.Skipped.Select(skipped => skipped.Reason), Has.Some.Contains(expected));
        }
    }

    [Test]
    public void Read_OfFramesInAllAlone_GoToThePartAskedFor()
    {
        Assert.That(_set.Of(DataSplit.Test).Count(), Is.EqualTo(2));
        Assert.That(UnitySet.Read(_folder.Path, DataSplit.Validation).Of(DataSplit.Test), Is.Empty);
    }

    [Test]
    public void Spline_ThroughPoints_EqualsScipys()
    {
        // scipy.interpolate.CubicSpline([0, 5, 10], [[0, 0], [3, 4], [6, 0]], bc_type='natural')(2.5) = [1.5, 2.75].
        var curve = NaturalSpline.Through([new ImagePoint(0, 0), new ImagePoint(3, 4), new ImagePoint(3, 4), new ImagePoint(6, 0)]);
        Assert.That(curve, Has.Count.EqualTo(11));
        Assert.That((curve[0], curve[5], curve[10]), Is.EqualTo((new ImagePoint(0, 0), new ImagePoint(3, 4), new ImagePoint(6, 0))));
        Assert.That((curve[2].X, curve[2].Y), Is.EqualTo((1.2, 2.272)).Within(1e-12));
    }
}
