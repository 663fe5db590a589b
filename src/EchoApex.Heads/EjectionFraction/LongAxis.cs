namespace EchoApex.Heads.EjectionFraction;

/// <summary>The long axis of a ventricle in an apical view: apex and middle of the mitral annulus, in mm.</summary>
internal readonly record struct LongAxis((double X, double Y) Apex, (double X, double Y) Base)
{
    private const int Rounds = 4;

    // Ends whose widths differ by less are told apart by the picture: apical views have the apex on top.
    private const double ClearlyNarrower = 0.85;

    public double Length => Distance(Apex, Base);

    /// <summary>Finds the axis.</summary>
    /// <remarks>
    /// Principal axis first; the narrower end is the apex (on a tie the upper one). Then the annulus is the middle of the two corners,
    /// on each side of the axis the point farthest from the apex, and the apex the point farthest from the annulus, in turns. Both
    /// ends are at last moved along the axis to where the structure ends, between pixels.
    /// </remarks>
    public static LongAxis Find(CavityShape shape, LvLandmarks? landmarks)
    {
        if (landmarks is not null)
        {
            var first = shape.ToMm(landmarks.AnnulusFirst);
            var second = shape.ToMm(landmarks.AnnulusSecond);
            var middle = ((first.X + second.X) / 2, (first.Y + second.Y) / 2);
            return landmarks.Apex is { } apex
                ? new LongAxis(shape.ToMm(apex), middle)
                : new LongAxis(Farthest(shape, middle, _ => true), middle) is var rough
                    ? rough with { Apex = Edge(shape, Middle(rough.Apex, rough.Base), rough.Apex) }
                    : default;
        }

        var axis = Principal(shape);
        for (int round = 0; round < Rounds; round++)
        {
            var (from, to) = (axis.Apex, axis.Base);
            double Side((double X, double Y) point) => ((to.X - from.X) * (point.Y - from.Y)) - ((to.Y - from.Y) * (point.X - from.X));
            var left = Farthest(shape, from, point => Side(point) >= 0);
            var right = Farthest(shape, from, point => Side(point) <= 0);
            var bottom = Middle(left, right);
            axis = new LongAxis(Farthest(shape, bottom, _ => true), bottom);
        }

        var center = Middle(axis.Apex, axis.Base);
        return new LongAxis(Edge(shape, center, axis.Apex), Edge(shape, center, axis.Base));
    }

    public static double Distance((double X, double Y) a, (double X, double Y) b) => Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)));

    private static (double X, double Y) Middle((double X, double Y) a, (double X, double Y) b) => ((a.X + b.X) / 2, (a.Y + b.Y) / 2);

    private static (double X, double Y) Farthest(CavityShape shape, (double X, double Y) from, Func<(double X, double Y), bool> allowed)
    {
        var best = from;
        double largest = -1;
        foreach (var point in shape.Points)
        {
            double distance = Distance(point, from);
            if (distance > largest && allowed(point))
            {
                (best, largest) = (point, distance);
            }
        }

        return best;
    }

    private static LongAxis Principal(CavityShape shape)
    {
        double cx = shape.Points.Average(point => point.X), cy = shape.Points.Average(point => point.Y);
        double xx = shape.Points.Sum(point => (point.X - cx) * (point.X - cx));
        double yy = shape.Points.Sum(point => (point.Y - cy) * (point.Y - cy));
        double xy = shape.Points.Sum(point => (point.X - cx) * (point.Y - cy));
        double angle = 0.5 * Math.Atan2(2 * xy, xx - yy);
        double ux = Math.Cos(angle), uy = Math.Sin(angle);
        (ux, uy) = uy < 0 ? (-ux, -uy) : (ux, uy);

        // u points down the picture; places along it, and how wide the outer sixths are.
        double[] along = [.. shape.Points.Select(point => ((point.X - cx) * ux) + ((point.Y - cy) * uy))];
        double low = along.Min(), high = along.Max(), sixth = (high - low) / 6;
        double upper = Spread(shape, along, ux, uy, place => place < low + sixth);
        double lower = Spread(shape, along, ux, uy, place => place > high - sixth);
        var top = (cx + (low * ux), cy + (low * uy));
        var bottom = (cx + (high * ux), cy + (high * uy));
        return lower < ClearlyNarrower * upper ? new LongAxis(bottom, top) : new LongAxis(top, bottom);
    }

    private static double Spread(CavityShape shape, double[] along, double ux, double uy, Func<double, bool> chosen)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (int i = 0; i < along.Length; i++)
        {
            if (chosen(along[i]))
            {
                double across = (shape.Points[i].Y * ux) - (shape.Points[i].X * uy);
                (low, high) = (Math.Min(low, across), Math.Max(high, across));
            }
        }

        return high - low;
    }

    // Where the structure ends on the way from its inside to and beyond a place.
    private static (double X, double Y) Edge(CavityShape shape, (double X, double Y) inside, (double X, double Y) end)
    {
        double length = Distance(inside, end);
        double ux = (end.X - inside.X) / length, uy = (end.Y - inside.Y) / length;
        double step = shape.Step / 20;
        double reached = length;
        while (shape.At(inside.X + (reached * ux), inside.Y + (reached * uy)) >= 0.5)
        {
            reached += step;
        }

        while (reached > 0 && shape.At(inside.X + (reached * ux), inside.Y + (reached * uy)) < 0.5)
        {
            reached -= step;
        }

        return (inside.X + (reached * ux), inside.Y + (reached * uy));
    }
}
