using EchoApex.Core.Charts;

namespace EchoApex.Core.Tests.Charts;

public sealed class ConfusionChartTests
{
    [Test]
    public void Render_PerfectDiagonal_IsDarkThereAndWhiteElsewhere()
    {
        var picture = new ConfusionChart { Counts = new[,] { { 9, 0 }, { 0, 4 } }, LabelNames = ["A4C", "A2C"] }.Render(400, 300);
        var (left, top, right, bottom) = Pixels.Frame(picture);
        ChartColor Cell(int row, int column) => picture[left + 5 + (column * (right - left) / 2), top + 5 + (row * (bottom - top) / 2)];
        Assert.That(Cell(0, 0), Is.EqualTo(new ChartColor(8, 69, 128)));
        Assert.That(Cell(1, 1), Is.EqualTo(Cell(0, 0)), "shares of the row, not counts, give the shade");
        Assert.That(Cell(0, 1), Is.EqualTo(ChartCanvas.White));
        Assert.That(Cell(1, 0), Is.EqualTo(ChartCanvas.White));
    }

    [Test]
    public void Render_WrongDirection_ShowsRowsAsTruth()
    {
        var picture = new ConfusionChart { Counts = new[,] { { 0, 9 }, { 0, 0 } }, LabelNames = ["A4C", "A2C"] }.Render(400, 300);
        var (left, top, right, _) = Pixels.Frame(picture);
        Assert.That(picture[left + 5 + ((right - left) / 2), top + 5], Is.EqualTo(new ChartColor(8, 69, 128)));
    }

    [Test]
    public void Render_MatrixOfAnotherSize_IsRefused() =>
        Assert.That(() => new ConfusionChart { Counts = new int[2, 3], LabelNames = ["a", "b"] }.Render(400, 300), Throws.ArgumentException.With.Message.Contains("2 x 3"));
}
