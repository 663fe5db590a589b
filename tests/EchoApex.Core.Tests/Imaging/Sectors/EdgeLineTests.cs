using EchoApex.Core.Imaging.Sectors;

namespace EchoApex.Core.Tests.Imaging.Sectors;

/// <summary>Which of several straight edges is taken for the image's.</summary>
public sealed class EdgeLineTests
{
    private const int Side = 100;
    private const int Inner = 50;
    private const int Outer = 80;

    // The inner edge has more points in both cases; what lies beyond an edge speaks against it.
    [TestCase(20, Inner)]
    [TestCase(44, Outer)]
    public void Find_OfTwoEdges_WeighsPointsOnALineAgainstThoseBeyondIt(int rowsBeyond, int expected)
    {
        var profile = RightEdge(rowsBeyond);
        var line = EdgeLine.Find(profile, _ => true, steepest: 1)!;
        Assert.Multiple(() =>
        {
            Assert.That(line.At(Side / 2), Is.EqualTo(expected).Within(1.0));
            Assert.That(line.Inliers, Is.EqualTo(expected == Inner ? Side - rowsBeyond : rowsBeyond));
            Assert.That(line.Outsiders, Is.EqualTo(expected == Inner ? rowsBeyond : 0));
        });
    }

    [Test]
    public void Find_OfAFewPoints_IsNull() => Assert.That(EdgeLine.Find(RightEdge(20), i => i < 7, steepest: 1), Is.Null);

    // A picture whose last rows reach farther to the right.
    private static EdgeProfile RightEdge(int rowsBeyond)
    {
        byte[] picture = new byte[Side * Side];
        for (int row = 0; row < Side; row++)
        {
            picture.AsSpan(row * Side, row < Side - rowsBeyond ? Inner : Outer).Fill(255);
        }

        return EdgeProfile.Follow(EdgeSide.Right, picture, picture, Side, Side);
    }
}
