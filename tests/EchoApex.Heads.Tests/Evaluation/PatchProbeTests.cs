using EchoApex.Core.Runtime;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.Tests.Evaluation;

public sealed class PatchProbeTests
{
    private const int Side = 16;
    private const int Grid = 4;
    private static readonly EncoderProbeOptions Options = new() { BootstrapDraws = 50 };

    [Test]
    public void ToTable_Patches_HaveTheLabelOfMostPixels()
    {
        byte[] mask = new byte[Side * Side];
        Fill(mask, 0, 0, 4, 3, 2); // 12 of 16 pixels of patch 0
        Fill(mask, 4, 0, 2, 4, 1); // 8 of 16 pixels of patch 1: a tie with the background
        var features = new PatchFeatures([.. Enumerable.Range(0, 16).Select(i => (float)i)], 1, Grid, Grid, [mask], Side, ["a"]);
        var table = features.ToTable(["background", "x", "y"], 100, new RandomStream(1));
        Assert.That(table.Labels, Is.EqualTo((int[])[2, 0, .. new int[14]]));
        Assert.That(table.Row(5)[0], Is.EqualTo(5));
        var thinned = features.ToTable(["background", "x", "y"], 6, new RandomStream(1));
        Assert.That(thinned.Count, Is.EqualTo(6));
        Assert.That(Enumerable.Range(0, 6).Select(i => (int)thinned.Row(i)[0]), Is.Ordered.And.Unique);
        var even = features.ToTable(["background", "x", "y"], 100, new RandomStream(1), thinBackground: true);
        Assert.That(even.Labels, Is.EqualTo(new[] { 2, 0 }), "one patch of a structure, one of background");
    }

    [Test]
    public void Judge_FeaturesThatNameTheStructure_DrawsItUpToTheRims()
    {
        var score = PatchProbe.Judge(Set(1, 40, informative: true), Set(2, 20, informative: true), Set(3, 20, informative: true), Options, ["background", "left", "right"]);
        Assert.That(score.MeanIou.Estimate, Is.GreaterThan(0.7), "structures are drawn");
        Assert.That(score.MeanIou.Estimate, Is.EqualTo((score.Iou[1] + score.Iou[2]) / 2).Within(1e-12), "without background");
        Assert.That(score.MeanIouWithBackground, Is.EqualTo(score.Iou.Average()).Within(1e-12));
        Assert.That(score.MeanIou.Estimate, Is.InRange(score.MeanIou.Low, score.MeanIou.High));
    }

    [Test]
    public void Judge_NoiseWithoutValidation_IsWorseThanFeaturesThatName()
    {
        var good = PatchProbe.Judge(Set(1, 40, informative: true), null, Set(3, 20, informative: true), Options);
        var noise = PatchProbe.Judge(Set(1, 40, informative: false), null, Set(3, 20, informative: false), Options);
        Assert.That(noise.MeanIou.Estimate, Is.LessThan(good.MeanIou.Estimate - 0.4));
        Assert.That(noise.Structures, Is.EqualTo(new[] { "background", "structure 1", "structure 2" }));
    }

    [Test]
    public void Judge_OnePatchAPixel_CountsPixelsExactly()
    {
        // A grid as fine as the mask leaves nothing to enlarge: predictions equal the truth but for one pixel whose feature lies.
        byte[] mask = new byte[16];
        Fill(mask, 0, 0, 2, 4, 1, side: 4);
        float[] values = [.. mask.Select(label => label == 1 ? 1f : -1f)];
        var train = new PatchFeatures([.. values, .. values], 1, 4, 4, [mask, mask], 4, ["a", "b"]);
        float[] wrong = [.. values];
        wrong[0] = -1;
        var test = new PatchFeatures(wrong, 1, 4, 4, [mask], 4, ["c"]);
        var score = PatchProbe.Judge(train, train, test, Options);
        Assert.That(score.Iou, Is.EqualTo(new[] { 8 / 9.0, 7 / 8.0 }).Within(1e-12));
        Assert.That(score.MeanIou.Estimate, Is.EqualTo(7 / 8.0).Within(1e-12));
    }

    // Two squares in a frame at random places; the feature of a patch is one-hot of its label, or noise.
    private static PatchFeatures Set(ulong seed, int frames, bool informative)
    {
        var random = new RandomStream(seed);
        byte[][] masks = [.. Enumerable.Range(0, frames).Select(_ =>
        {
            byte[] mask = new byte[Side * Side];
            Fill(mask, 4 * random.NextInt32(2), 4 * random.NextInt32(3), 4, 8, 1);
            Fill(mask, 8 + (4 * random.NextInt32(2)), 4 * random.NextInt32(3), 4, 8, 2);
            return mask;
        })];
        float[] values = new float[frames * Grid * Grid * 3];
        random.FillNormal(values, 0, 0.2);
        string[] groups = [.. Enumerable.Range(0, frames).Select(i => $"clip{seed}-{i / 2}")];
        var plain = new PatchFeatures(values, 3, Grid, Grid, masks, Side, groups);
        var labels = plain.ToTable(["0", "1", "2"], int.MaxValue, random).Labels;
        for (int i = 0; informative && i < labels.Count; i++)
        {
            values[(i * 3) + labels[i]] += 2;
        }

        return new PatchFeatures(values, 3, Grid, Grid, masks, Side, groups);
    }

    private static void Fill(byte[] mask, int x, int y, int width, int height, byte label, int side = Side)
    {
        for (int row = y; row < y + height; row++)
        {
            mask.AsSpan((row * side) + x, width).Fill(label);
        }
    }
}
