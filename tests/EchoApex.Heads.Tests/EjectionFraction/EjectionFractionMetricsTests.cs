using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Evaluation;

namespace EchoApex.Heads.Tests.EjectionFraction;

public sealed class EjectionFractionMetricsTests
{
    private static readonly EjectionFractionCase[] Cases =
    [
        Case("a", 30, 34, 5),
        Case("a", 45, 39, 5),
        Case("b", 55, 57, 5),
        Case("c", 70, 70, 5),
    ];

    [TestCase("mae_percent", 3)]
    [TestCase("bias_percent", 0)]
    [TestCase("coverage_95", 0.75)]
    [TestCase("auc_below_50", 1)]
    [TestCase("auc_below_40", 1)]
    [TestCase("class_auc_below_50", 0)]
    [TestCase("rmse_percent", 3.7416573867739413)]
    [TestCase("r2", 1 - (56 / 850.0))]
    [TestCase("ed_error_frames", 2)]
    [TestCase("es_error_ms", 40)]
    public void Compute_FourCases_GivesTheHandComputedFigure(string name, double expected)
    {
        var metric = EjectionFractionMetrics.Compute(Cases).Single(figure => figure.Name == name);
        Assert.That(metric.Value, Is.EqualTo(expected).Within(1e-9));
        Assert.That(metric.Cases, Is.EqualTo(4));
        Assert.That(metric.Low <= metric.Value && metric.Value <= metric.High, Is.True);
    }

    [Test]
    public void Compute_PhaseUnknown_LeavesTheCaseOut()
    {
        EjectionFractionCase[] cases = [Cases[0], Cases[1] with { EndDiastoleErrorFrames = null, EndDiastoleErrorMs = null }];
        var metrics = EjectionFractionMetrics.Compute(cases, draws: 0);
        Assert.That(metrics.Single(figure => figure.Name == "ed_error_frames").Cases, Is.EqualTo(1));
        Assert.That(metrics.Single(figure => figure.Name == "mae_percent").Low, Is.NaN);
    }

    [Test]
    public void Compute_NoCase_IsNaN() =>
        Assert.That(EjectionFractionMetrics.Compute([]).Select(figure => figure.Value), Is.All.NaN);

    [Test]
    public void Area_TiesAndOneKind_CountHalfAndNaN()
    {
        Assert.That(RocCurve.Area([1, 2, 2, 3], [false, false, true, true]), Is.EqualTo(0.875));
        Assert.That(RocCurve.Area([1, 1], [false, true]), Is.EqualTo(0.5));
        Assert.That(RocCurve.Area([1, 2], [true, true]), Is.NaN);
        Assert.That(RocCurve.Area([1, double.NaN, 2], [true, true, false]), Is.NaN, "a value that ranks nowhere");
    }

    // The class probabilities rank the wrong way round, to tell them from the predicted value.
    private static EjectionFractionCase Case(string patient, double truth, double predicted, double halfWidth) => new()
    {
        Name = patient + truth,
        Patient = patient,
        Truth = truth,
        Predicted = predicted,
        HalfWidth95 = halfWidth,
        Below50 = truth / 100,
        Below40 = truth / 100,
        EndDiastoleErrorFrames = -2,
        EndSystoleErrorFrames = 2,
        EndDiastoleErrorMs = -40,
        EndSystoleErrorMs = 40,
    };
}
