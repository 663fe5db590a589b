using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Tests.Measurement;

public sealed class MeasurementMetricsTests
{
    private static readonly MeasurementCase[] Cases =
    [
        new("a", "p1", 0, "ed", "lvid", 50, 52, 25, 26),
        new("a", "p1", 3, "es", "lvid", 30, 26, 15, 13),
        new("b", "p2", 1, "", "lvid", 40, 40, 20, 20),
        new("b", "p2", 1, "", "ivs", 10, 11, 5, 5.5),
        new("c", "p3", 1, "", "lvid", null, null, 20, 24),
    ];

    [TestCase("mae_mm", 7 / 4.0, 4)]
    [TestCase("mae_lvid_mm", 2, 3)]
    [TestCase("mae_lvid_ed_mm", 2, 1)]
    [TestCase("mae_lvid_es_mm", 4, 1)]
    [TestCase("bias_lvid_mm", -2 / 3.0, 3)]
    [TestCase("within_3mm_lvid", 2 / 3.0, 3)]
    [TestCase("mae_lvid_px", 7 / 4.0, 4)]
    [TestCase("mae_ivs_mm", 1, 1)]
    public void Compute_FiveCases_GivesTheHandComputedFigure(string name, double expected, int count)
    {
        var metric = MeasurementMetrics.Compute(Cases, ["ivs", "lvid"]).Single(figure => figure.Name == name);
        Assert.That((metric.Value, metric.Cases), Is.EqualTo((expected, count)));
        Assert.That(metric.Low <= metric.Value && metric.Value <= metric.High, Is.True);
    }

    [Test]
    public void Compute_LengthWithoutCases_IsNaN() =>
        Assert.That(MeasurementMetrics.Compute(Cases, ["lvpw"]).Single(figure => figure.Name == "mae_lvpw_mm").Value, Is.NaN);
}
