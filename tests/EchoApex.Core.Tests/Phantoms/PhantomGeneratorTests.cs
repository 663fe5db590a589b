using EchoApex.Core.Phantoms;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Tests.Phantoms;

public sealed class PhantomGeneratorTests
{
    private static readonly PhantomOptions Small = new() { ImageSize = 96, Frames = 4 };
    private static readonly PhantomView[] AllViews = Enum.GetValues<PhantomView>();

    [Test]
    public void Generate_SameSeedAndIndex_SameClipOnAnyThread()
    {
        byte[][] alone = [.. Enumerable.Range(0, 12).Select(i => Pixels(PhantomGenerator.Generate(Small, 3, i)))];
        byte[][] together = new byte[12][];
        Parallel.For(0, 12, i => together[11 - i] = Pixels(PhantomGenerator.Generate(Small, 3, 11 - i)));
        Assert.That(together, Is.EqualTo(alone));
    }

    [Test]
    public void Generate_OtherSeedOrIndex_OtherClip()
    {
        byte[] clip = Pixels(PhantomGenerator.Generate(Small, 3, 0));
        Assert.That(Pixels(PhantomGenerator.Generate(Small, 4, 0)), Is.Not.EqualTo(clip));
        Assert.That(Pixels(PhantomGenerator.Generate(Small, 3, AllViews.Length)), Is.Not.EqualTo(clip));
    }

    [TestCaseSource(nameof(AllViews))]
    public void Generate_AnyView_PicturesAndMasksStayInTheSector(PhantomView view)
    {
        var (clip, truth) = PhantomGenerator.Generate(Small with { Views = [view] }, 5, 2);
        Assert.That(clip.View, Is.EqualTo(view.ToString()));
        Assert.That(truth.View, Is.EqualTo(view));
        var labels = truth.Labels.Select(l => (byte)l).ToHashSet();
        int lit = 0;
        int inside = 0;
        for (int frame = 0; frame < clip.FrameCount; frame++)
        {
            byte[] pixels = clip.ReadFrame(frame);
            for (int i = 0; i < pixels.Length; i++)
            {
                bool within = truth.Sector.Contains(i % 96, i / 96);
                Assert.That(within || (pixels[i] == 0 && truth.Mask(frame)[i] == 0), Is.True, $"pixel {i} of frame {frame} lies outside the sector");
                Assert.That(labels, Does.Contain(truth.Mask(frame)[i]));
                inside += within ? 1 : 0;
                lit += pixels[i] > 0 ? 1 : 0;
            }
        }

        Assert.That(lit, Is.GreaterThan(inside / 3), "most of the sector shows something");
    }

    [Test]
    public void Generate_TheViews_AreDistinct()
    {
        byte[][] masks = [.. AllViews.Select(v => PhantomGenerator.Generate(Small with { Views = [v] }, 1, 0).Truth.Mask(0).ToArray())];
        for (int a = 0; a < masks.Length; a++)
        {
            for (int b = a + 1; b < masks.Length; b++)
            {
                int different = masks[a].Zip(masks[b]).Count(p => p.First != p.Second);
                Assert.That(different, Is.GreaterThan(200), $"{AllViews[a]} and {AllViews[b]}");
            }
        }
    }

    [Test]
    public void Generate_ViewsInTurn_IndexPicksTheView()
    {
        var options = Small with { Views = [PhantomView.PLAX, PhantomView.A2C] };
        PhantomView[] views = [.. Enumerable.Range(0, 4).Select(i => PhantomGenerator.Generate(options, 0, i).Truth.View)];
        Assert.That(views, Is.EqualTo(new[] { PhantomView.PLAX, PhantomView.A2C, PhantomView.PLAX, PhantomView.A2C }));
    }

    [Test]
    public void Generate_SizeFramesRateAndBeats_AreAsAsked()
    {
        var clip = PhantomGenerator.Generate(new PhantomOptions { ImageSize = 64, Frames = 3, FramesPerSecond = 50 }, 0, 0).Clip;
        Assert.That((clip.FrameCount, clip.Height, clip.Width, clip.Channels), Is.EqualTo((3, 64, 64, 1)));
        Assert.That(clip.FrameTimesMs, Is.EqualTo(new double[] { 0, 20, 40 }).Within(1e-9));
        var (beats, truth) = PhantomGenerator.Generate(Small with { Beats = 2 }, 0, 0);
        Assert.That(beats.FrameTimesMs![1], Is.EqualTo(2 * 60_000 / truth.HeartRateBpm / 4).Within(1e-6));
    }

    [Test]
    public void Generate_Clip_CarriesSpacingAndTheSectorsRegion()
    {
        var (clip, truth) = PhantomGenerator.Generate(Small, 9, 0);
        Assert.That(clip.Spacing, Is.EqualTo(truth.Spacing));
        Assert.That(truth.Spacing.XMm, Is.InRange(1.2, 3.5));
        var region = clip.Regions.Single();
        for (int y = 0; y < 96; y++)
        {
            for (int x = 0; x < 96; x++)
            {
                bool inRegion = x >= region.X && x < region.X + region.Width && y >= region.Y && y < region.Y + region.Height;
                Assert.That(inRegion || !truth.Sector.Contains(x, y), Is.True);
            }
        }
    }

    [Test]
    public void Generate_Harder_ShowsLessContrastBetweenWallAndBlood()
    {
        double[] contrasts = [.. Enum.GetValues<PhantomDifficulty>().Select(MeanContrast)];
        Assert.That(contrasts[2], Is.LessThan(.8 * contrasts[0]));
        Assert.That(contrasts[2], Is.LessThan(contrasts[1]));
        var medium = PhantomGenerator.Generate(Small with { Difficulty = PhantomDifficulty.Medium }, 2, 0);
        Assert.That(Pixels(medium), Is.Not.EqualTo(Pixels(PhantomGenerator.Generate(Small, 2, 0))));
        Assert.That(medium.Truth.Difficulty, Is.EqualTo(PhantomDifficulty.Medium));
    }

    [Test]
    public void Generate_FramesOfOneClip_SpeckleMovesYetIsKept()
    {
        // 300 frames a second: the heart hardly moves between two frames, so tissue correlates and noise does not make them equal.
        var (clip, truth) = PhantomGenerator.Generate(Small with { Frames = 2, FramesPerSecond = 300 }, 4, 0);
        var (first, second) = (clip.ReadFrame(0), clip.ReadFrame(1));
        int[] wall = [.. Enumerable.Range(0, first.Length).Where(i => truth.Mask(0)[i] == (byte)PhantomLabel.LeftVentricularMyocardium)];
        double correlation = Correlation([.. wall.Select(i => (double)first[i])], [.. wall.Select(i => (double)second[i])]);
        Assert.That(correlation, Is.InRange(.5, .995));
    }

    [Test]
    public void Generate_BadOptions_NamesEachFault()
    {
        Assert.That(
            () => PhantomGenerator.Generate(new PhantomOptions { ImageSize = 8, Frames = 0, Views = [] }, 0, 0),
            Throws.TypeOf<ConfigurationException>().With.Message.Contains("image_size: 8").And.Message.Contains("frames: 0").And.Message.Contains("views: [] has fewer than 1 entries"));
        Assert.That(() => PhantomGenerator.Generate(Small, 0, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    internal static double Correlation(double[] a, double[] b)
    {
        double meanA = a.Average();
        double meanB = b.Average();
        double product = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum();
        return product / Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
    }

    private static double MeanContrast(PhantomDifficulty difficulty) =>
        Enumerable.Range(0, 36).Average(i =>
        {
            var (clip, truth) = PhantomGenerator.Generate(Small with { Frames = 1, Difficulty = difficulty }, 2, i);
            byte[] pixels = clip.ReadFrame(0);
            byte[] mask = truth.Mask(0).ToArray();
            double Mean(PhantomLabel label) => pixels.Where((_, p) => mask[p] == (byte)label).DefaultIfEmpty((byte)0).Average(v => (double)v);
            return Mean(PhantomLabel.LeftVentricularMyocardium) - Mean(PhantomLabel.LeftVentricle);
        });

    private static byte[] Pixels(PhantomClip phantom) => [.. Enumerable.Range(0, phantom.Clip.FrameCount).SelectMany(phantom.Clip.ReadFrame)];
}
