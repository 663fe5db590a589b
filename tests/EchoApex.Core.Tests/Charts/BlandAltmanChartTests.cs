using EchoApex.Core.Charts;

namespace EchoApex.Core.Tests.Charts;

public sealed class BlandAltmanChartTests
{
    private static readonly BlandAltmanChart Chart = new() { Title = "EF", Quantity = "EF (%)", Truth = [30, 40, 50, 60], Measured = [33, 41, 53, 61] };

    [Test]
    public void Bias_FourCases_IsTheMeanDifference()
    {
        Assert.That(Chart.Bias, Is.EqualTo(2).Within(1e-12));
        Assert.That(Chart.HalfWidth, Is.EqualTo(1.96 * Math.Sqrt(4.0 / 3)).Within(1e-12));
    }

    [Test]
    public void Render_FourCases_DrawsThreeLevelsInOrder()
    {
        var picture = Chart.Render(500, 360);
        var rows = Pixels.Find(picture, ChartPalette.Color(1), 40).CountBy(place => place.Y).Where(row => row.Value > 100).Select(row => row.Key).Order().ToList();
        Assert.That(rows, Has.Count.InRange(3, 6), "bias and both limits");
        Assert.That(Pixels.Find(picture, ChartPalette.Color(0)), Is.Not.Empty);
    }

    [Test]
    public void Render_OneCase_HasNoLimits()
    {
        var chart = Chart with { Truth = [50], Measured = [55] };
        Assert.That(chart.HalfWidth, Is.NaN);
        Assert.That(Pixels.Find(chart.Render(500, 360), ChartPalette.Color(0)), Is.Not.Empty);
    }

    [Test]
    public void Render_NoCase_SaysSo() =>
        Assert.That(() => (Chart with { Truth = [], Measured = [] }).Render(500, 360), Throws.Nothing);

    [Test]
    public void Render_LengthsDiffer_IsRefused() =>
        Assert.That(() => (Chart with { Measured = [1] }).Render(500, 360), Throws.ArgumentException);
}
