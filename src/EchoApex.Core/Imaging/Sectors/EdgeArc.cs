namespace EchoApex.Core.Imaging.Sectors;

/// <summary>An arc that ends an image above or below.</summary>
/// <param name="Circle">Its circle, moved to the outer envelope of its points.</param>
/// <param name="Inliers">Points on the arc.</param>
/// <param name="Outsiders">Points that lie beyond it.</param>
internal sealed record EdgeArc(Circle Circle, int Inliers, int Outsiders)
{
    private const double Tolerance = 1.6;
    private const double Beyond = 2.5;

    /// <summary>Whether a point lies on the arc.</summary>
    public bool Holds(double x, double y) => Math.Abs(Circle.Outside(x, y)) <= Tolerance;

    /// <summary>The arc about a known centre with most points.</summary>
    /// <param name="points">Candidates.</param>
    /// <param name="x">Column of the centre.</param>
    /// <param name="y">Row of the centre.</param>
    /// <param name="outward">1 where the image lies within the circle, -1 where it lies outside.</param>
    public static EdgeArc? About((double X, double Y)[] points, double x, double y, int outward)
    {
        if (points.Length < 8)
        {
            return null;
        }

        double[] radii = [.. points.Select(point => new Circle(x, y, 0).Outside(point.X, point.Y)).Order()];
        double bestRadius = radii[^1], bestScore = double.NegativeInfinity;
        for (double radius = radii[0]; radius <= radii[^1] + 0.5; radius += 0.5)
        {
            int on = Below(radii, radius + 1) - Below(radii, radius - 1);
            int beyond = outward > 0 ? radii.Length - Below(radii, radius + Beyond) : Below(radii, radius - Beyond);
            double score = on - (0.5 * beyond);
            if (score > bestScore)
            {
                (bestScore, bestRadius) = (score, radius);
            }
        }

        return Finish(points, new Circle(x, y, bestRadius), outward);
    }

    /// <summary>The far arc of any centre near the image's middle with most points: circles through triples, then least squares.</summary>
    /// <param name="points">Candidates, in order along the arc.</param>
    /// <param name="middle">Column about which the centre lies.</param>
    /// <param name="reach">How far it may lie from there.</param>
    /// <param name="leastRadius">Least radius.</param>
    /// <param name="greatestRadius">Greatest radius.</param>
    public static EdgeArc? Free((double X, double Y)[] points, double middle, double reach, double leastRadius, double greatestRadius)
    {
        if (points.Length < 12)
        {
            return null;
        }

        const int Anchors = 14;
        (double X, double Y)[] anchors = [.. Enumerable.Range(0, Anchors).Select(i => points[i * (points.Length - 1) / (Anchors - 1)])];
        Circle? best = null;
        double bestScore = double.NegativeInfinity;
        for (int a = 0; a < Anchors; a++)
        {
            for (int b = a + 2; b < Anchors; b++)
            {
                for (int c = b + 2; c < Anchors; c++)
                {
                    if (Through(anchors[a], anchors[b], anchors[c]) is { } circle && circle.Radius >= leastRadius && circle.Radius <= greatestRadius
                        && circle.Y < anchors[b].Y && Math.Abs(circle.X - middle) <= reach)
                    {
                        double score = Score(points, circle, 1);
                        if (score > bestScore)
                        {
                            (bestScore, best) = (score, circle);
                        }
                    }
                }
            }
        }

        if (best is not { } found)
        {
            return null;
        }

        for (int pass = 0; pass < 4; pass++)
        {
            found = LeastSquares([.. points.Where(point => Math.Abs(found.Outside(point.X, point.Y)) <= Tolerance)]) ?? found;
        }

        return Finish(points, found, 1);
    }

    private static EdgeArc Finish((double X, double Y)[] points, Circle circle, int outward)
    {
        double[] residuals = [.. points.Select(point => outward * circle.Outside(point.X, point.Y)).Where(residual => Math.Abs(residual) <= Tolerance).Order()];
        double outer = residuals.Length == 0 ? 0 : residuals[(int)(0.75 * (residuals.Length - 1))];
        circle = circle with { Radius = circle.Radius + (outward * outer) };
        return new EdgeArc(
            circle,
            points.Count(point => Math.Abs(circle.Outside(point.X, point.Y)) <= Tolerance),
            points.Count(point => outward * circle.Outside(point.X, point.Y) > Beyond));
    }

    private static double Score((double X, double Y)[] points, Circle circle, int outward)
    {
        double score = 0;
        foreach (var (x, y) in points)
        {
            double outside = outward * circle.Outside(x, y);
            score += Math.Abs(outside) <= Tolerance ? 1 : outside > Beyond ? -0.5 : 0;
        }

        return score;
    }

    private static Circle? Through((double X, double Y) a, (double X, double Y) b, (double X, double Y) c)
    {
        double d = 2 * ((a.X * (b.Y - c.Y)) + (b.X * (c.Y - a.Y)) + (c.X * (a.Y - b.Y)));
        if (Math.Abs(d) < 1e-6)
        {
            return null;
        }

        double aa = (a.X * a.X) + (a.Y * a.Y), bb = (b.X * b.X) + (b.Y * b.Y), cc = (c.X * c.X) + (c.Y * c.Y);
        double x = ((aa * (b.Y - c.Y)) + (bb * (c.Y - a.Y)) + (cc * (a.Y - b.Y))) / d;
        double y = ((aa * (c.X - b.X)) + (bb * (a.X - c.X)) + (cc * (b.X - a.X))) / d;
        return new Circle(x, y, Math.Sqrt(((a.X - x) * (a.X - x)) + ((a.Y - y) * (a.Y - y))));
    }

    // Kasa's fit: x² + y² = 2 a x + 2 b y + c is linear in its unknowns. Centred first, for the numbers' sake.
    private static Circle? LeastSquares((double X, double Y)[] points)
    {
        if (points.Length < 8)
        {
            return null;
        }

        double mx = points.Average(point => point.X), my = points.Average(point => point.Y);
        double xx = 0, xy = 0, yy = 0, xz = 0, yz = 0, z = 0;
        foreach (var (px, py) in points)
        {
            double x = px - mx, y = py - my, square = (x * x) + (y * y);
            (xx, xy, yy, xz, yz, z) = (xx + (x * x), xy + (x * y), yy + (y * y), xz + (x * square), yz + (y * square), z + square);
        }

        double determinant = (xx * yy) - (xy * xy);
        if (determinant < 1e-9)
        {
            return null;
        }

        double a = ((xz * yy) - (yz * xy)) / determinant / 2;
        double b = ((yz * xx) - (xz * xy)) / determinant / 2;
        return new Circle(a + mx, b + my, Math.Sqrt((z / points.Length) + (a * a) + (b * b)));
    }

    private static int Below(double[] sorted, double value)
    {
        int at = Array.BinarySearch(sorted, value);
        return at >= 0 ? at : ~at;
    }
}
