namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// Where the image ends in one direction: for each row or column that it crosses, the outermost pixel of the picture. U
/// runs along the edge, V across it and outwards, so that the four directions are treated alike.
/// </summary>
internal sealed class EdgeProfile
{
    // A stroke farther than this from the picture is not taken for a part of it, nor what goes on farther than the body may err.
    private const int LargestGap = 2;
    private const int LongestWalk = 4;
    private const int DeepestSearch = 20;

    private readonly double[] _body;

    private EdgeProfile(EdgeSide side, double[] u, double[] v, double[] body, bool[] atBorder) => (Side, U, V, _body, AtBorder) = (side, u, v, body, atBorder);

    public EdgeSide Side { get; }

    /// <summary>Positions along the edge, ascending.</summary>
    public double[] U { get; }

    /// <summary>Positions across the edge, growing outwards.</summary>
    public double[] V { get; }

    /// <summary>Whether the picture goes on to the bound of the search there.</summary>
    public bool[] AtBorder { get; }

    public int Count => U.Length;

    /// <summary>V of a column (left and right) or row (top and bottom), and back.</summary>
    public double Outwards(double coordinate) => Side is EdgeSide.Left or EdgeSide.Top ? -coordinate : coordinate;

    /// <summary>The row or column in which the body ends at a point, before its last pixels were followed.</summary>
    public double BodyRow(int index) => Outwards(_body[index]);

    /// <summary>The pixel of a point.</summary>
    public (double X, double Y) Point(int index) => Side is EdgeSide.Left or EdgeSide.Right
        ? (Outwards(V[index]), U[index])
        : (U[index], Outwards(V[index]));

    /// <summary>Follows an edge.</summary>
    /// <param name="side">Which one.</param>
    /// <param name="body">The picture without thin structures; not 0 where it is.</param>
    /// <param name="lit">Grain of the picture; not 0 where it is.</param>
    /// <param name="width">Columns of both.</param>
    /// <param name="height">Rows of both.</param>
    public static EdgeProfile Follow(EdgeSide side, byte[] body, byte[] lit, int width, int height)
    {
        bool byRow = side is EdgeSide.Left or EdgeSide.Right;
        int lines = byRow ? height : width;
        int length = byRow ? width : height;
        int lineStep = byRow ? width : 1;
        int step = byRow ? 1 : width;
        bool fromStart = side is EdgeSide.Left or EdgeSide.Top;
        var (u, v, ends, atBorder) = (new List<double>(), new List<double>(), new List<double>(), new List<bool>());
        for (int line = 0; line < lines; line++)
        {
            // Depth counts from the outer bound inwards.
            int Index(int depth) => (line * lineStep) + ((fromStart ? depth : length - 1 - depth) * step);
            int first = 0;
            while (first < length && body[Index(first)] == 0)
            {
                first++;
            }

            if (first < length && Refine(lit, Index, first, length) is { } depth)
            {
                u.Add(line);
                v.Add(fromStart ? -depth : length - 1 - depth);
                ends.Add(fromStart ? -first : length - 1 - first);
                atBorder.Add(depth <= 1);
            }
        }

        return new EdgeProfile(side, [.. u], [.. v], [.. ends], [.. atBorder]);
    }

    private static int? Refine(byte[] lit, Func<int, int> index, int first, int length)
    {
        int depth = first;
        while (depth < length && lit[index(depth)] == 0)
        {
            if (++depth - first > DeepestSearch)
            {
                return null;
            }
        }

        if (depth >= length)
        {
            return null;
        }

        for (int outer = depth - 1, gap = 0; outer >= Math.Max(0, first - LongestWalk) && gap < LargestGap; outer--)
        {
            if (lit[index(outer)] != 0)
            {
                (depth, gap) = (outer, 0);
            }
            else
            {
                gap++;
            }
        }

        return depth;
    }
}
