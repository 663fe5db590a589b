using EchoApex.Core.Charts;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Charts;

public sealed class ChartPictureTests
{
    private static readonly LineChart Chart = new() { Title = "t", Series = [new("a", [0, 1], [0, 1])] };

    [Test]
    public void Save_Png_DecodesToTheSamePixels()
    {
        using var folder = new TemporaryFolder();
        var picture = Chart.Render(320, 240);
        picture.Save(folder.File("chart.png"));
        var (width, height, rows) = Pixels.Decode(File.ReadAllBytes(folder.File("chart.png")));
        Assert.That((width, height), Is.EqualTo((320, 240)));
        var colored = Pixels.Find(picture, ChartPalette.Color(0));
        Assert.That(colored, Is.Not.Empty);
        Assert.That(colored, Is.All.Matches<(int X, int Y)>(place => rows[place.Y, place.X] == ChartPalette.Color(0)));
        Assert.That(rows[0, 0], Is.EqualTo(ChartCanvas.White));
    }

    [Test]
    public void Grid_ThreeCharts_StandSideBySideUnderTheTitle()
    {
        var grid = ChartPicture.Grid([Chart, Chart, Chart], 2, 320, 240, "all");
        Assert.That((grid.Width, grid.Height), Is.EqualTo((640, 520)));
        var single = Chart.Render(320, 240);
        var (x, y) = Pixels.Find(single, ChartPalette.Color(0))[20];
        Assert.That(grid[x, y + 40], Is.EqualTo(ChartPalette.Color(0)));
        Assert.That(grid[x + 320, y + 40], Is.EqualTo(ChartPalette.Color(0)));
        Assert.That(grid[x, y + 280], Is.EqualTo(ChartPalette.Color(0)));
        Assert.That(Pixels.Find(grid, ChartPalette.Color(0)).Where(place => place.X >= 320 && place.Y >= 280), Is.Empty);
    }

    [TestCase(100, 200)]
    [TestCase(200, 50)]
    [TestCase(30_000, 200)]
    public void Render_SizeOutOfRange_IsRefused(int width, int height) =>
        Assert.That(() => Chart.Render(width, height), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Render_AccentsAndSigns_DoNotBreakTheText() =>
        Assert.That(() => (Chart with { Title = "Übersicht ± 3 µs \u2212 \u4e2d" }).Render(320, 240), Throws.Nothing);

    [Test]
    public void Fit_LongText_IsShortenedToTheWidth()
    {
        string fitted = ChartCanvas.Fit("a very long caption that does not fit", 80, ChartFont.Small);
        Assert.That(fitted, Does.StartWith("a very").And.EndWith(".."));
        Assert.That(ChartCanvas.TextWidth(fitted, ChartFont.Small), Is.LessThanOrEqualTo(80));
    }
}
