using EchoApex.Core.Charts;

namespace EchoApex.Core.Tests.Charts;

public sealed class AxisScaleTests
{
    [Test]
    public void Create_ZeroToTen_HasTicksAtRoundNumbers() =>
        Assert.That(AxisScale.Create([0, 10], false, 5, 0).Ticks.Select(tick => tick.Label), Is.EqualTo(new[] { "0", "2", "4", "6", "8", "10" }));

    [Test]
    public void Create_QuarterSteps_WritesTwoDecimals() =>
        Assert.That(AxisScale.Create([0, 1], false, 4, 0).Ticks.Select(tick => tick.Label), Is.EqualTo(new[] { "0", "0.25", "0.50", "0.75", "1.00" }));

    [Test]
    public void Create_Millions_WritesPowers() =>
        Assert.That(AxisScale.Create([0, 4e6], false, 4, 0).Ticks.Select(tick => tick.Label), Is.EqualTo(new[] { "0", "1e6", "2e6", "3e6", "4e6" }));

    [Test]
    public void Create_TinyValues_WritesPowers() =>
        Assert.That(AxisScale.Create([0, 4e-6], false, 4, 0).Ticks.Select(tick => tick.Label), Is.EqualTo(new[] { "0", "1e-6", "2e-6", "3e-6", "4e-6" }));

    [Test]
    public void Create_NegativeToPositive_HasZeroWithoutSign() =>
        Assert.That(AxisScale.Create([-1, 1], false, 4, 0).Ticks.Select(tick => tick.Label), Is.EqualTo(new[] { "-1.0", "-0.5", "0", "0.5", "1.0" }));

    [Test]
    public void Create_Decades_HasATickAtEach() =>
        Assert.That(AxisScale.Create([1e-5, 1e-1], true, 6, 0).Ticks.Select(tick => tick.Label), Is.EqualTo(new[] { "1e-5", "1e-4", "1e-3", "1e-2", "1e-1" }));

    [Test]
    public void Position_Logarithmic_GivesEqualRatiosEqualRoom()
    {
        var scale = AxisScale.Create([1e-4, 1], true, 6, 0);
        Assert.That(scale.Position(1e-4), Is.EqualTo(0).Within(1e-12));
        Assert.That(scale.Position(1e-2), Is.EqualTo(0.5).Within(1e-12));
        Assert.That(scale.Position(0), Is.NaN);
    }

    [TestCase(5.0, 4.5, 5.5)]
    [TestCase(0.0, -1, 1)]
    [TestCase(-2.0, -2.2, -1.8)]
    public void Create_OneValue_PutsItInTheMiddle(double value, double minimum, double maximum)
    {
        var scale = AxisScale.Create([value, value], false, 5, 0.05);
        Assert.That((scale.Minimum, scale.Maximum), Is.EqualTo((minimum, maximum)));
    }

    [Test]
    public void Create_NothingFinite_StillHasARange()
    {
        Assert.That(AxisScale.Create([double.NaN, double.PositiveInfinity], false, 5, 0.05).Ticks, Is.Not.Empty);
        Assert.That(AxisScale.Create([-1, 0], true, 5, 0.05).Ticks, Is.Not.Empty);
    }

    [Test]
    public void Create_PositiveValuesFromZero_DoesNotFallBelowZero() =>
        Assert.That(AxisScale.Create([0.01, 10], false, 5, 0.05, fromZero: true).Minimum, Is.Zero);

    [Test]
    public void Create_ManyRanges_NeverHasTwoEqualLabels([Values(1e-9, 1e-3, 0.07, 1, 37, 2.5e4, 1e9)] double size, [Values(0.0, 0.3, 0.99)] double offset)
    {
        var labels = AxisScale.Create([size * offset, size], false, 8, 0.05).Ticks.Select(tick => tick.Label).ToList();
        Assert.That(labels, Is.Unique);
        Assert.That(labels, Has.Count.InRange(2, 10));
    }
}
