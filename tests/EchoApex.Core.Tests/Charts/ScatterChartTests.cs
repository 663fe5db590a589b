using EchoApex.Core.Charts;

namespace EchoApex.Core.Tests.Charts;

public sealed class ScatterChartTests
{
    private static readonly string[] Names = ["A4C", "A2C", "PLAX"];

    [Test]
    public void Render_PointsInTheCorners_LieInTheCorners()
    {
        var picture = new ScatterChart { X = [0, 1, 1], Y = [0, 1, 0], Labels = [0, 1, 2], LabelNames = Names, ShowTicks = false }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        (double X, double Y) Center(int label)
        {
            var places = Pixels.Find(picture, ChartPalette.Color(label)).Where(place => place.Y > top).ToList();
            return (places.Average(place => place.X), places.Average(place => place.Y));
        }

        double roomX = 0.04 / 1.08 * (right - left), roomY = 0.04 / 1.08 * (bottom - top);
        Assert.That(Center(0).X, Is.EqualTo(left + roomX).Within(1.5));
        Assert.That(Center(0).Y, Is.EqualTo(bottom - roomY).Within(1.5));
        Assert.That(Center(1).X, Is.EqualTo(right - roomX).Within(1.5));
        Assert.That(Center(1).Y, Is.EqualTo(top + roomY).Within(1.5));
        Assert.That(Center(2).X, Is.EqualTo(right - roomX).Within(1.5));
        Assert.That(Center(2).Y, Is.EqualTo(bottom - roomY).Within(1.5));
    }

    [Test]
    public void Render_LabelWithoutPoints_IsNotInTheLegend()
    {
        var picture = new ScatterChart { X = [0, 1], Y = [0, 1], Labels = [0, 2], LabelNames = Names }.Render(400, 300);
        Assert.That(Pixels.Find(picture, ChartPalette.Color(1)), Is.Empty);
        Assert.That(Pixels.Find(picture, ChartPalette.Color(2)), Is.Not.Empty);
    }

    [Test]
    public void Render_LabelBeyondThePalette_ChangesTheMarker()
    {
        string[] names = [.. Enumerable.Range(0, 9).Select(i => $"v{i}")];
        ChartPicture Draw(int label) => new ScatterChart { X = [0], Y = [0], Labels = [label], LabelNames = names, MarkerRadius = 6, ShowTicks = false }.Render(400, 300);
        Assert.That(Pixels.Find(Draw(8), ChartPalette.Color(0)), Has.Count.GreaterThan(Pixels.Find(Draw(0), ChartPalette.Color(0)).Count));
    }

    [Test]
    public void Render_LabelWithoutName_IsRefused() =>
        Assert.That(() => new ScatterChart { X = [0], Y = [0], Labels = [3], LabelNames = Names }.Render(400, 300), Throws.ArgumentException);
}
