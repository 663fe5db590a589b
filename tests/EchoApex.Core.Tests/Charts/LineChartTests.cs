using EchoApex.Core.Charts;

namespace EchoApex.Core.Tests.Charts;

public sealed class LineChartTests
{
    private static readonly double[] Steps = [.. Enumerable.Range(0, 101).Select(i => (double)i)];

    [Test]
    public void Render_RisingLine_DrawsThePalettesColourFromBottomLeftToTopRight()
    {
        var picture = new LineChart { Title = "loss", XTitle = "step", Series = [new("a", Steps, Steps)] }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        var line = Pixels.Find(picture, ChartPalette.Color(0)).Where(place => place.Y > top && place.X > left).ToList();
        Assert.That(line, Is.Not.Empty);
        // The range is -5 to 105: 5 % of room on both sides.
        foreach (var (x, y) in line)
        {
            double expected = bottom - ((5 + ((x - left) / (double)(right - left) * 100)) / 110 * (bottom - top));
            Assert.That(y, Is.EqualTo(expected).Within(2.5));
        }

        Assert.That(line.Max(place => place.X) - line.Min(place => place.X), Is.GreaterThan(0.97 * (right - left)));
    }

    [Test]
    public void Render_TwoSeries_DrawsBothAndNamesBoth()
    {
        var picture = new LineChart { Series = [new("low", Steps, [.. Steps.Select(_ => 1.0)]), new("high", Steps, [.. Steps.Select(_ => 3.0)])] }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        var first = Pixels.Find(picture, ChartPalette.Color(0));
        var second = Pixels.Find(picture, ChartPalette.Color(1));
        Assert.That(first.Any(place => place.Y < top), "swatch of the first in the legend");
        Assert.That(second.Any(place => place.Y < top), "swatch of the second in the legend");
        Assert.That(first.Where(place => place.Y > top).Min(place => place.Y), Is.GreaterThan(second.Where(place => place.Y > top).Max(place => place.Y) + (0.8 * (bottom - top))));
        Assert.That(first.Max(place => place.X), Is.LessThanOrEqualTo(right));
        Assert.That(first.Min(place => place.X), Is.GreaterThanOrEqualTo(left));
    }

    [Test]
    public void Render_NotANumber_LeavesAGap()
    {
        double[] values = [.. Steps.Select(step => step is > 40 and < 60 ? double.NaN : 1.0)];
        var picture = new LineChart { Series = [new("", Steps, values)] }.Render(400, 300);
        var (left, _, right, _) = Pixels.Frame(picture);
        var columns = Pixels.Find(picture, ChartPalette.Color(0)).Select(place => (place.X - left) / (double)(right - left)).ToList();
        Assert.That(columns.Where(share => share is > 0.43 and < 0.57), Is.Empty);
        Assert.That(columns.Where(share => share is > 0.3 and < 0.39), Is.Not.Empty);
        Assert.That(columns.Where(share => share is > 0.61 and < 0.7), Is.Not.Empty);
    }

    [Test]
    public void Render_LogarithmicAxis_MakesAnExponentialStraight()
    {
        var picture = new LineChart { Series = [new("", Steps, [.. Steps.Select(step => Math.Pow(10, step / 25))])], LogarithmicY = true }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        var middle = Pixels.Find(picture, ChartPalette.Color(0)).Where(place => Math.Abs(place.X - ((left + right) / 2)) <= 1).Select(place => place.Y).ToList();
        Assert.That(middle.Average(), Is.EqualTo((top + bottom) / 2.0).Within(3));
    }

    [Test]
    public void Render_NinthSeries_IsDashed()
    {
        var series = Enumerable.Range(0, 9).Select(k => new LineSeries($"s{k}", Steps, [.. Steps.Select(_ => (double)k)])).ToList();
        var picture = new LineChart { Series = series }.Render(500, 400);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        var places = Pixels.Find(picture, ChartPalette.Color(8)).Where(place => place.Y > top + 2 && place.Y < bottom - 2).ToList();
        int middle = (top + bottom) / 2;
        int solid = places.Where(place => place.Y > middle).DistinctBy(place => place.X).Count();
        int dashed = places.Where(place => place.Y < middle).DistinctBy(place => place.X).Count();
        Assert.That(solid, Is.GreaterThan(0.95 * (right - left)));
        Assert.That(dashed, Is.InRange(0.2 * (right - left), 0.9 * (right - left)));
    }

    [Test]
    public void Smooth_ConstantThenStep_IsUnbiasedAtTheStart()
    {
        double[] smooth = LineChart.Smooth([2, 2, double.NaN, 4], 0.5);
        Assert.That(smooth[0], Is.EqualTo(2).Within(1e-12));
        Assert.That(smooth[1], Is.EqualTo(2).Within(1e-12));
        Assert.That(smooth[2], Is.NaN);
        // Weights 0.125, 0.25 and 0.5 of the values 2, 2 and 4, divided by their sum.
        Assert.That(smooth[3], Is.EqualTo(2.75 / 0.875).Within(1e-12));
    }

    [Test]
    public void IsNoisy_Lines_TellsMeasuredValuesFromSchedulesAndRunningMeans()
    {
        double[] steps = [.. Enumerable.Range(0, 200).Select(i => (double)i)];
        double[] mean = [.. steps.Select(i => 1 - Math.Exp(-i / 30) + (i % 2 * 0.001))];
        Assert.That(new LineSeries("", steps, [.. steps.Select(i => i % 3)]).IsNoisy, Is.True);
        Assert.That(new LineSeries("", steps, [.. steps.Select(i => Math.Cos(i / 60))]).IsNoisy, Is.False);
        Assert.That(new LineSeries("", steps, mean).IsNoisy, Is.False, "its jitter is small beside its way");
        Assert.That(new LineSeries("", steps, [.. steps.Select(_ => double.NaN)]).IsNoisy, Is.False);
    }

    [Test]
    public void Render_RawLine_IsNotSmoothed()
    {
        double[] x = [0, 1, 2, 3], y = [0, 1, 0, 1];
        var plain = new LineChart { Series = [new("", x, y)] }.Render(300, 200);
        var raw = new LineChart { Series = [new LineSeries("", x, y) { IsRaw = true }], Smoothing = 0.9 }.Render(300, 200);
        var smooth = new LineChart { Series = [new("", x, y)], Smoothing = 0.9 }.Render(300, 200);
        Assert.That(raw.Rgb.ToArray(), Is.EqualTo(plain.Rgb.ToArray()));
        Assert.That(smooth.Rgb.ToArray(), Is.Not.EqualTo(plain.Rgb.ToArray()));
    }

    [Test]
    public void Render_Smoothing_DrawsRawValuesPaleAndTheAverageFull()
    {
        double[] noisy = [.. Steps.Select(step => step % 2)];
        var picture = new LineChart { Series = [new("", Steps, noisy)], Smoothing = 0.95 }.Render(600, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        var full = Pixels.Find(picture, ChartPalette.Color(0)).Where(place => place.X > left + ((right - left) / 2)).ToList();
        Assert.That(full.Select(place => place.Y), Is.All.EqualTo((top + bottom) / 2.0).Within(0.12 * (bottom - top)));
        Assert.That(Pixels.Find(picture, ChartPalette.Color(0).Lighten(0.7)), Is.Not.Empty);
    }

    [Test]
    public void Render_HugeAndManyValues_DrawsInsideTheFrame()
    {
        double[] many = [.. Enumerable.Range(0, 200_000).Select(i => (double)i)];
        double[] values = [.. many.Select(x => x == 77_777 ? 1e300 : Math.Sin(x))];
        var picture = new LineChart { Series = [new("", many, values)] }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        var line = Pixels.Find(picture, ChartPalette.Color(0), 60);
        Assert.That(line, Is.All.Matches<(int X, int Y)>(place => place.X >= left && place.X <= right && place.Y >= top && place.Y <= bottom));
        Assert.That(line.Min(place => place.Y), Is.LessThan(top + (0.2 * (bottom - top))), "the peak is kept");
    }

    [Test]
    public void Render_UnevenSeries_NamesIt() =>
        Assert.That(() => new LineChart { Series = [new("bad", [1, 2], [1])] }.Render(400, 300), Throws.ArgumentException.With.Message.Contains("'bad'"));

    [Test]
    public void Render_NoSeriesOrOnePoint_StillDraws()
    {
        Assert.That(new LineChart { Series = [] }.Render(400, 300).Width, Is.EqualTo(400));
        var picture = new LineChart { Series = [new("", [5], [7])] }.Render(400, 300);
        Assert.That(Pixels.Find(picture, ChartPalette.Color(0)), Is.Not.Empty);
    }
}
