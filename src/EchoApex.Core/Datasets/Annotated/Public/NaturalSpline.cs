namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>A natural cubic spline through points of the plane, over the length of the line between them.</summary>
internal static class NaturalSpline
{
    /// <summary>Points along the spline, at most a pixel of straight line apart, both ends included; equal neighbours count once.</summary>
    public static IReadOnlyList<ImagePoint> Through(IReadOnlyList<ImagePoint> knots)
    {
        var distinct = new List<ImagePoint>();
        var lengths = new List<double>();
        foreach (var knot in knots)
        {
            double step = distinct.Count == 0 ? 0 : Math.Sqrt(Square(knot.X - distinct[^1].X) + Square(knot.Y - distinct[^1].Y));
            if (distinct.Count == 0 || step > 0)
            {
                lengths.Add(distinct.Count == 0 ? 0 : lengths[^1] + step);
                distinct.Add(knot);
            }
        }

        if (distinct.Count < 2)
        {
            return distinct;
        }

        double[] curvesX = SecondDerivatives(lengths, [.. distinct.Select(point => point.X)]);
        double[] curvesY = SecondDerivatives(lengths, [.. distinct.Select(point => point.Y)]);
        int count = (int)Math.Min(1e5, Math.Ceiling(lengths[^1])) + 1;
        var points = new ImagePoint[count];
        for (int i = 0, piece = 0; i < count; i++)
        {
            double place = lengths[^1] * i / (count - 1);
            while (piece < distinct.Count - 2 && place > lengths[piece + 1])
            {
                piece++;
            }

            double width = lengths[piece + 1] - lengths[piece];
            double b = (place - lengths[piece]) / width;
            double At(double from, double to, double curveFrom, double curveTo) =>
                ((1 - b) * from) + (b * to) + ((((Cube(1 - b) - (1 - b)) * curveFrom) + ((Cube(b) - b) * curveTo)) * width * width / 6);

            points[i] = new ImagePoint(
                At(distinct[piece].X, distinct[piece + 1].X, curvesX[piece], curvesX[piece + 1]),
                At(distinct[piece].Y, distinct[piece + 1].Y, curvesY[piece], curvesY[piece + 1]));
        }

        return points;
    }

    // The tridiagonal system of a cubic spline with second derivatives of zero at both ends.
    private static double[] SecondDerivatives(List<double> places, double[] values)
    {
        int count = values.Length;
        var (second, upper) = (new double[count], new double[count]);
        for (int i = 1; i < count - 1; i++)
        {
            double left = places[i] - places[i - 1], right = places[i + 1] - places[i];
            double slope = ((values[i + 1] - values[i]) / right) - ((values[i] - values[i - 1]) / left);
            double pivot = (2 * (left + right)) - (left * upper[i - 1]);
            upper[i] = right / pivot;
            second[i] = ((6 * slope) - (left * second[i - 1])) / pivot;
        }

        for (int i = count - 2; i > 0; i--)
        {
            second[i] -= upper[i] * second[i + 1];
        }

        return second;
    }

    private static double Square(double value) => value * value;

    private static double Cube(double value) => value * value * value;
}
