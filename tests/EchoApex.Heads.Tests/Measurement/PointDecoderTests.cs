// Shape legend: B = images, K = landmarks, h, w = cells of a heat map.
using EchoApex.Core.Runtime;
using EchoApex.Heads.Measurement;
using EchoApex.Testing;
using static TorchSharp.torch;

namespace EchoApex.Heads.Tests.Measurement;

[NoTensorLeaks]
public sealed class PointDecoderTests
{
    private const int Rows = 24;
    private const int Columns = 32;

    [TestCase(HeatmapDecoding.LocalSoftArgmax)]
    [TestCase(HeatmapDecoding.Dsnt)]
    public void Decode_GaussianBetweenCells_FindsTheFraction(HeatmapDecoding decoding)
    {
        using var logits_BKhw = Map((11.3, 9.8, 0));
        var point = Decode(logits_BKhw, decoding);
        Assert.That(point.Point.X, Is.EqualTo(((11.3 + 0.5) * 4) - 0.5).Within(0.1));
        Assert.That(point.Point.Y, Is.EqualTo(((9.8 + 0.5) * 4) - 0.5).Within(0.1));
        Assert.That(point.Confidence, Is.EqualTo(decoding == HeatmapDecoding.Dsnt ? 0.82 : 0.995).Within(0.01), "the window's share of a Gaussian");
    }

    [Test]
    public void Decode_SecondWeakerPeak_PullsDsntAlone()
    {
        using var logits_BKhw = Map((8, 8, 0), (24, 16, -1));
        Assert.That(Decode(logits_BKhw, HeatmapDecoding.LocalSoftArgmax).Point.X, Is.EqualTo((8.5 * 4) - 0.5).Within(0.1));
        Assert.That(Decode(logits_BKhw, HeatmapDecoding.Dsnt).Point.X, Is.GreaterThan(40));
        Assert.That(Decode(logits_BKhw, HeatmapDecoding.LocalSoftArgmax).Confidence, Is.EqualTo(1 / (1 + Math.Exp(-1))).Within(0.03));
    }

    [Test]
    public void Decode_EmptyMap_HasTheWindowsShareAsConfidence()
    {
        using var logits_BKhw = Level();
        Assert.That(Decode(logits_BKhw, HeatmapDecoding.Dsnt).Confidence, Is.EqualTo(25.0 / (Rows * Columns)).Within(1e-4));
    }

    [Test]
    public void Decode_LargerWindow_RaisesTheConfidence()
    {
        using var logits_BKhw = Level();
        var options = new MeasurementHeadOptions { Landmarks = ["a"], WindowRadius = 8 };
        Assert.That(PointDecoder.Decode(logits_BKhw, Rows * 4, Columns * 4, options)[0][0].Confidence, Is.EqualTo(289.0 / (Rows * Columns)).Within(1e-4));
    }

    [Test]
    public void Decode_OtherNumberOfMaps_IsRefused()
    {
        using var logits_BKhw = zeros(1, 2, 8, 8);
        Assert.That(() => PointDecoder.Decode(logits_BKhw, 16, 16, new MeasurementHeadOptions { Landmarks = ["a"] }), Throws.ArgumentException);
    }

    [Test]
    public void Compute_AbsentPoint_CarriesNoWeight()
    {
        using var scope = NewDisposeScope();
        var logits_BKhw = Map((11.3, 9.8, 0)).expand(1, 2, Rows, Columns).contiguous();
        var points_BK2 = tensor(new float[] { 11.3f, 9.8f, 2, 20 }).reshape(1, 2, 2);
        using var both_BK = ones(1, 2);
        var one_BK = tensor(new float[] { 1, 0 }).reshape(1, 2);
        var loss = new MeasurementLoss(new MeasurementLossOptions { Sigma = 1.5 });
        using var right = loss.Compute(logits_BKhw, points_BK2, one_BK);
        using var wrong = loss.Compute(logits_BKhw, points_BK2, both_BK);
        Assert.That(right.Total.ReadDouble(), Is.EqualTo(0).Within(1e-3), "the map is its own target");
        Assert.That(wrong.Total.ReadDouble(), Is.GreaterThan(1));
    }

    [Test]
    public void Compute_Weights_ScaleTheirTerms()
    {
        using var scope = NewDisposeScope();
        var logits_BKhw = Map((5, 5, 0));
        var points_BK2 = tensor(new float[] { 8, 5 }).reshape(1, 1, 2);
        using var present_BK = ones(1, 1);
        using var loss = new MeasurementLoss(new MeasurementLossOptions { HeatmapWeight = 2, CoordinateWeight = 3 }).Compute(logits_BKhw, points_BK2, present_BK);
        Assert.That(loss.Terms["coordinate"].ReadDouble(), Is.EqualTo(3).Within(0.05));
        Assert.That(loss.Terms["heatmap"].ReadDouble(), Is.EqualTo(9 / (2 * 1.5 * 1.5)).Within(0.05), "divergence of two Gaussians");
        Assert.That(loss.Total.ReadDouble(), Is.EqualTo((2 * loss.Terms["heatmap"].ReadDouble()) + (3 * loss.Terms["coordinate"].ReadDouble())).Within(1e-4));
    }

    [Test]
    public void Compute_WiderTarget_WantsAWiderMap()
    {
        using var scope = NewDisposeScope();
        var logits_BKhw = Map((5, 5, 0));
        double Heatmap(double sigma)
        {
            using var loss = new MeasurementLoss(new MeasurementLossOptions { Sigma = sigma }).Compute(logits_BKhw, tensor(new float[] { 5, 5 }).reshape(1, 1, 2), ones(1, 1));
            return loss.Terms["heatmap"].ReadDouble();
        }

        // Divergence of two Gaussians of one centre in two dimensions, from sigma 2 to the map's 1.5: r - 1 - ln r with r their variances' ratio.
        double ratio = 4 / 2.25;
        Assert.That(Heatmap(1.5), Is.EqualTo(0).Within(1e-3));
        Assert.That(Heatmap(2), Is.EqualTo(ratio - 1 - Math.Log(ratio)).Within(0.05));
    }

    [Test]
    public void Compute_NoPointPresent_IsZero()
    {
        using var scope = NewDisposeScope();
        using var loss = new MeasurementLoss(new MeasurementLossOptions()).Compute(Map((5, 5, 0)), zeros(1, 1, 2), zeros(1, 1));
        Assert.That(loss.Total.ReadDouble(), Is.Zero);
    }

    private static LandmarkPrediction Decode(Tensor logits_BKhw, HeatmapDecoding decoding) =>
        PointDecoder.Decode(logits_BKhw, Rows * 4, Columns * 4, new MeasurementHeadOptions { Landmarks = ["a"], Decoding = decoding, WindowRadius = decoding == HeatmapDecoding.Dsnt ? 2 : 4 })[0][0];

    // A map that says nothing, with its peak by a hair in the middle.
    private static Tensor Level()
    {
        float[] values = new float[Rows * Columns];
        values[((Rows / 2) * Columns) + (Columns / 2)] = 1e-3f;
        using var flat = tensor(values);
        return flat.reshape(1, 1, Rows, Columns);
    }

    // The logarithm of a sum of Gaussians of sigma 1.5, each with a logarithmic height.
    private static Tensor Map(params (double Column, double Row, double Height)[] peaks)
    {
        float[] values = new float[Rows * Columns];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Math.Log(1e-30 + peaks.Sum(peak => Math.Exp(
                peak.Height - ((Math.Pow((i % Columns) - peak.Column, 2) + Math.Pow((i / Columns) - peak.Row, 2)) / (2 * 1.5 * 1.5)))));
        }

        using var flat = tensor(values);
        return flat.reshape(1, 1, Rows, Columns);
    }
}
