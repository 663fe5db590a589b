using EchoApex.Core.Charts;

namespace EchoApex.Core.Tests.Charts;

public sealed class BarChartTests
{
    [Test]
    public void Render_Values_MakeBarsOfProportionalHeight()
    {
        var picture = new BarChart { Categories = ["a", "b"], Series = [new("k-NN", [50, 25]), new("linear", [double.NaN, 100])], ValueFormat = null }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        int Height(int series, bool second)
        {
            var bar = Pixels.Find(picture, ChartPalette.Color(series)).Where(place => place.Y >= top && place.X > (left + right) / 2 == second).ToList();
            return bar.Count == 0 ? 0 : bar.Max(place => place.Y) - bar.Min(place => place.Y) + 1;
        }

        int full = Height(1, true);
        Assert.That(full, Is.EqualTo((bottom - top) * 100 / 109.0).Within(3));
        Assert.That(Height(0, false), Is.EqualTo(full / 2.0).Within(2));
        Assert.That(Height(0, true), Is.EqualTo(full / 4.0).Within(2));
        Assert.That(Height(1, false), Is.Zero, "a value that is not finite has no bar");
    }

    [Test]
    public void Render_ErrorBar_ReachesFromLowToHigh()
    {
        var picture = new BarChart { Categories = ["a"], Series = [new("", [50], [20], [100])], ValueFormat = null }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        int middle = (left + right) / 2;
        var ink = Pixels.Find(picture, ChartCanvas.Ink).Where(place => Math.Abs(place.X - middle) < 12 && place.Y < bottom).Select(place => place.Y).ToList();
        double unit = (bottom - top) / 109.0;
        Assert.That(ink.Min(), Is.EqualTo(bottom - (100 * unit)).Within(2));
        Assert.That(ink.Max(), Is.EqualTo(bottom - (20 * unit)).Within(2));
    }

    [Test]
    public void Render_WrongNumberOfValues_NamesTheSeries() =>
        Assert.That(() => new BarChart { Categories = ["a"], Series = [new("bad", [1, 2])] }.Render(400, 300), Throws.ArgumentException.With.Message.Contains("'bad'"));
}
