using EchoApex.Core.Charts;

namespace EchoApex.Core.Tests.Charts;

public sealed class ContactSheetTests
{
    [Test]
    public void Render_GrayAndRgb_PutsEachInItsPlaceWithItsColour()
    {
        byte[] gray = [.. Enumerable.Repeat((byte)90, 40 * 40)];
        byte[] red = [.. Enumerable.Range(0, 40 * 40).SelectMany(_ => new byte[] { 200, 10, 20 })];
        var picture = new ContactSheet { Tiles = [new(gray, 40, 40, 1), new(red, 40, 40, 3), new(gray, 40, 40, 1)], Columns = 2, TileSize = 100 }.Render();
        Assert.That((picture.Width, picture.Height), Is.EqualTo((6 + (2 * 106), 6 + (2 * 106))));
        Assert.That(picture[56, 56], Is.EqualTo(new ChartColor(90, 90, 90)));
        Assert.That(picture[162, 56], Is.EqualTo(new ChartColor(200, 10, 20)));
        Assert.That(picture[56, 162], Is.EqualTo(new ChartColor(90, 90, 90)));
        Assert.That(picture[162, 162], Is.EqualTo(ChartCanvas.White), "the fourth place is empty");
    }

    [Test]
    public void Render_WidePicture_KeepsItsProportions()
    {
        byte[] white = [.. Enumerable.Repeat((byte)255, 50 * 100)];
        var picture = new ContactSheet { Tiles = [new(white, 50, 100, 1)], TileSize = 200 }.Render();
        Assert.That(picture[106, 106], Is.EqualTo(ChartCanvas.White), "the picture fills half the height, in the middle");
        Assert.That(picture[106, 40], Is.EqualTo(new ChartColor(0, 0, 0)), "above it is black");
        Assert.That(picture[106, 60], Is.EqualTo(ChartCanvas.White));
    }

    [Test]
    public void Render_TooFewPixels_IsRefused() =>
        Assert.That(() => new ContactSheet { Tiles = [new(new byte[10], 40, 40, 1)] }.Render(), Throws.ArgumentException.With.Message.Contains("10 bytes"));
}
