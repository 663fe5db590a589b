using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Datasets.Annotated.Public;

namespace EchoApex.Core.Tests.Datasets.Annotated.Public;

public sealed class PolygonMaskTests
{
    private static string Draw(int height, int width, params (double X, double Y)[] corners)
    {
        var mask = PolygonMask.Draw([.. corners.Select(corner => new ImagePoint(corner.X, corner.Y))], height, width);
        return string.Join('/', Enumerable.Range(0, height).Select(y => string.Concat(Enumerable.Range(0, width).Select(x => mask.Labels.Span[(y * width) + x] == 1 ? '#' : '.'))));
    }

    [Test]
    public void Draw_OfSquare_IncludesItsEdge() => Assert.That(Draw(5, 5, (1.2, .8), (3, 1), (3, 3), (1, 3)), Is.EqualTo("...../.###./.###./.###./....."));

    [Test]
    public void Draw_OfDiamond_IncludesItsCorners() => Assert.That(Draw(5, 5, (2, 0), (4, 2), (2, 4), (0, 2)), Is.EqualTo("..#../.###./#####/.###./..#.."));

    [Test]
    public void Draw_OfHollowShape_LeavesTheBayOpen() => Assert.That(Draw(4, 7, (0, 0), (2, 0), (2, 2), (4, 2), (4, 0), (6, 0), (6, 3), (0, 3)), Is.EqualTo("###.###/###.###/#######/#######"));

    [Test]
    public void Draw_BeyondTheFrame_IsCutOff() => Assert.That(Draw(3, 3, (-5, 1), (9, 1), (9, 9), (-5, 9)), Is.EqualTo(".../###/###"));

    [Test]
    public void Area_DoesNotDependOnDirection()
    {
        ImagePoint[] corners = [new(0, 0), new(4, 0), new(4, 2), new(0, 2)];
        Assert.That((PolygonMask.Area(corners), PolygonMask.Area([.. corners.Reverse()])), Is.EqualTo((8.0, 8.0)));
    }
}
