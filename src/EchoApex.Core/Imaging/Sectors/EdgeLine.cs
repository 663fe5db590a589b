using System.Numerics;

namespace EchoApex.Core.Imaging.Sectors;

/// <summary>A straight edge in the coordinates of an <see cref="EdgeProfile"/>: V = Slope U + Offset.</summary>
/// <param name="Slope">Change of V along U.</param>
/// <param name="Offset">V at U = 0.</param>
/// <param name="Inliers">Points on the line.</param>
/// <param name="Outsiders">Points that lie beyond it.</param>
internal sealed record EdgeLine(double Slope, double Offset, int Inliers, int Outsiders)
{
    private const double Tolerance = 1.6;
    private const double Beyond = 2.5;
    private const int LeastSample = 100;
    private const int Candidates = 16;
    private const double SlopeStep = 0.25 * Math.PI / 180;

    public double At(double u) => (Slope * u) + Offset;

    /// <summary>Whether a point lies on the line, its distance taken at right angles.</summary>
    public bool Holds(double u, double v) => Math.Abs(v - At(u)) / Math.Sqrt(1 + (Slope * Slope)) <= Tolerance;

    /// <summary>The half-plane inside the line.</summary>
    /// <param name="side">The side that the profile followed.</param>
    /// <param name="margin">Pixels by which the line is moved outwards.</param>
    public HalfPlane ToHalfPlane(EdgeSide side, double margin)
    {
        // V - Slope U <= Offset, normalised; V is a coordinate or its negative.
        double norm = Math.Sqrt(1 + (Slope * Slope));
        double across = (side is EdgeSide.Left or EdgeSide.Top ? -1 : 1) / norm;
        double along = -Slope / norm;
        double distance = (Offset / norm) + margin;
        return side is EdgeSide.Left or EdgeSide.Right ? new HalfPlane(across, along, distance) : new HalfPlane(along, across, distance);
    }

    /// <summary>
    /// The supporting line with most points: every angle of a raster and every offset is asked for the points on it, less half
    /// of those beyond it, then the best is fitted to its points by least squares and moved to their outer envelope.
    /// </summary>
    /// <param name="profile">The edge.</param>
    /// <param name="use">Which points take part.</param>
    /// <param name="steepest">Largest angle between the line and U, in degrees.</param>
    public static EdgeLine? Find(EdgeProfile profile, Func<int, bool> use, double steepest)
    {
        int[] points = [.. Enumerable.Range(0, profile.Count).Where(use)];
        if (points.Length < 8)
        {
            return null;
        }

        // Every second angle is asked of a part of the points first, then those about the best of all of them.
        int[] sample = points.Length < 2 * LeastSample ? points : [.. points.Where((_, i) => i % (points.Length / LeastSample) == 0)];
        int steps = (int)(steepest * Math.PI / 180 / SlopeStep);
        var (all, part) = (new Votes(profile, points), new Votes(profile, sample));
        int[] promising = [.. Enumerable.Range(0, steps + 1).Select(i => (2 * i) - steps).OrderByDescending(i => part.Best(i * SlopeStep).Score).Take(Candidates)];
        var (bestScore, best) = (double.NegativeInfinity, (Slope: 0.0, Offset: 0.0));
        foreach (int i in promising.SelectMany(i => new[] { i - 1, i, i + 1 }).Where(i => Math.Abs(i) <= steps).Distinct().Order())
        {
            var (score, slope, offset) = all.Best(i * SlopeStep);
            (bestScore, best) = score > bestScore ? (score, (slope, offset)) : (bestScore, best);
        }

        return Refine(profile, points, best.Slope, best.Offset);
    }

    /// <summary>The longest straight piece of the outer hull of the points; null where none is long.</summary>
    /// <param name="profile">The edge.</param>
    /// <param name="use">Which points take part.</param>
    public static EdgeLine? Envelope(EdgeProfile profile, Func<int, bool> use)
    {
        int[] points = [.. Enumerable.Range(0, profile.Count).Where(use)];
        if (points.Length < 24)
        {
            return null;
        }

        var hull = new List<int>();
        foreach (int i in points)
        {
            while (hull.Count > 1 && IsBelow(profile, hull[^2], hull[^1], i))
            {
                hull.RemoveAt(hull.Count - 1);
            }

            hull.Add(i);
        }

        var (from, to) = hull.Zip(hull.Skip(1)).MaxBy(piece => profile.U[piece.Second] - profile.U[piece.First]);
        double length = profile.U[to] - profile.U[from];
        if (length < 0.25 * (profile.U[points[^1]] - profile.U[points[0]]))
        {
            return null;
        }

        double slope = (profile.V[to] - profile.V[from]) / length;
        return new EdgeLine(slope, profile.V[from] - (slope * profile.U[from]), 0, 0);
    }

    // Whether the middle point lies on or below the chord of the others.
    private static bool IsBelow(EdgeProfile profile, int first, int middle, int last) =>
        ((profile.V[middle] - profile.V[first]) * (profile.U[last] - profile.U[first])) <= (profile.V[last] - profile.V[first]) * (profile.U[middle] - profile.U[first]);

    private static EdgeLine Refine(EdgeProfile profile, int[] points, double slope, double offset)
    {
        var line = new EdgeLine(slope, offset, 0, 0);
        for (int pass = 0; pass < 4; pass++)
        {
            double n = 0, sumU = 0, sumV = 0, sumUU = 0, sumUV = 0;
            foreach (int i in points)
            {
                double u = profile.U[i], v = profile.V[i];
                if (line.Holds(u, v))
                {
                    (n, sumU, sumV, sumUU, sumUV) = (n + 1, sumU + u, sumV + v, sumUU + (u * u), sumUV + (u * v));
                }
            }

            double spread = (n * sumUU) - (sumU * sumU);
            if (n < 6 || spread <= 0)
            {
                break;
            }

            double fitted = ((n * sumUV) - (sumU * sumV)) / spread;
            line = new EdgeLine(fitted, (sumV - (fitted * sumU)) / n, 0, 0);
        }

        double norm = Math.Sqrt(1 + (line.Slope * line.Slope));
        double[] residuals = [.. points.Where(i => line.Holds(profile.U[i], profile.V[i])).Select(i => (profile.V[i] - line.At(profile.U[i])) / norm).Order()];
        double outer = residuals.Length == 0 ? 0 : residuals[(int)(0.75 * (residuals.Length - 1))];
        line = line with { Offset = line.Offset + (outer * norm) };
        return line with
        {
            Inliers = points.Count(i => line.Holds(profile.U[i], profile.V[i])),
            Outsiders = points.Count(i => (profile.V[i] - line.At(profile.U[i])) / norm > Beyond),
        };
    }

    /// <summary>Points that vote for lines of an angle.</summary>
    private sealed class Votes
    {
        private readonly double[] _u, _v;
        private readonly float[] _offsets;
        private int[] _histogram = [];

        public Votes(EdgeProfile profile, int[] points) =>
            (_u, _v, _offsets) = ([.. points.Select(i => (double)profile.U[i])], [.. points.Select(i => (double)profile.V[i])], new float[points.Length]);

        /// <summary>The best offset of an angle.</summary>
        public (double Score, double Slope, double Offset) Best(double angle)
        {
            double slope = Math.Tan(angle);
            double norm = Math.Sqrt(1 + (slope * slope));
            Measure(slope, norm);
            float least = _offsets.Min();
            int bins = (int)(_offsets.Max() - least) + 3;
            var histogram = Count(least, bins);
            (double Score, double Offset) best = (double.NegativeInfinity, 0);
            double weight = Math.Sqrt(norm);
            int beyond = 0;
            for (int bin = bins - 2; bin >= 1; bin--)
            {
                int on = histogram[bin] + histogram[bin - 1] + histogram[bin + 1];
                int farther = beyond - histogram[bin + 1];
                double score = (on * weight) - (0.5 * Math.Max(0, farther));
                best = score > best.Score ? (score, least + bin - 0.5) : best;
                beyond += histogram[bin];
            }

            return (best.Score, slope, best.Offset * norm);
        }

        private Span<int> Count(float least, int bins)
        {
            if (_histogram.Length < bins)
            {
                _histogram = new int[2 * bins];
            }

            var histogram = _histogram.AsSpan(0, bins);
            histogram.Clear();
            foreach (float offset in _offsets)
            {
                histogram[(int)(offset - least) + 1]++;
            }

            return histogram;
        }

        private void Measure(double slope, double norm)
        {
            int i = 0;
            for (; i <= _u.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.Narrow(Measure(i, slope, norm), Measure(i + Vector<double>.Count, slope, norm)).CopyTo(_offsets, i);
            }

            for (; i < _u.Length; i++)
            {
                _offsets[i] = (float)((_v[i] - (slope * _u[i])) / norm);
            }
        }

        private Vector<double> Measure(int at, double slope, double norm) =>
            (new Vector<double>(_v, at) - (new Vector<double>(_u, at) * slope)) / new Vector<double>(norm);
    }
}
