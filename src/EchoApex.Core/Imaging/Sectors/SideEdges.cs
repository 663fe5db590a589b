namespace EchoApex.Core.Imaging.Sectors;

/// <summary>The straight edges on one side: a slanted one, an upright one where the image is cut, or both.</summary>
/// <param name="Slanted">The edge that points at the apex; null on an image with an upright side alone.</param>
/// <param name="Cut">The upright edge; null where there is none, or where the frame itself cuts the image.</param>
/// <param name="Support">Share of the side's points that lie on them or on the frame's border, less the share beyond them.</param>
/// <param name="Side">Left or right.</param>
internal sealed record SideEdges(EdgeLine? Slanted, EdgeLine? Cut, double Support, EdgeSide Side)
{
    private const double Upright = 0.035;
    private const double Faint = 0.6;
    private const double Clear = 0.85;
    private const double EnvelopeDepth = 7;

    public IEnumerable<EdgeLine> Lines => new[] { Slanted, Cut }.OfType<EdgeLine>();

    /// <summary>Whether a point lies on one of the edges.</summary>
    public bool Explains((double X, double Y) point)
    {
        double across = Side == EdgeSide.Left ? -point.X : point.X;
        return Lines.Any(line => line.Holds(point.Y, across) || line.At(point.Y) < across);
    }

    /// <summary>Whether a point lies within the edges.</summary>
    public bool Allows((double X, double Y) point) => (Side == EdgeSide.Left ? -point.X : point.X) <= Across(point.Y);

    /// <summary>Distance between two opposite sides in a row; infinite where one is the frame's border.</summary>
    public double Width(SideEdges other, double row) => Across(row) + other.Across(row);

    /// <summary>Finds the edges of one side; null where there are none.</summary>
    public static SideEdges? Find(EdgeProfile profile)
    {
        var first = EdgeLine.Find(profile, i => !profile.AtBorder[i], 78);
        int atBorder = profile.AtBorder.Count(border => border);
        if (first is null)
        {
            return atBorder > 0.8 * profile.Count ? new SideEdges(null, null, 1, profile.Side) : null;
        }

        bool firstUpright = Math.Abs(first.Slope) < Upright;
        double end = firstUpright ? MiddleOf(profile, first) : double.PositiveInfinity;

        // Below an upright cut the profile follows the far end; beside a slanted edge only an upright one is looked for.
        var second = EdgeLine.Find(profile, i => !profile.AtBorder[i] && profile.U[i] < end && !first.Holds(profile.U[i], profile.V[i]), firstUpright ? 78 : 1);
        if (second is not null && (second.Inliers < Math.Max(12, 0.08 * profile.Count)
            || second.Outsiders > 0.06 * profile.Count
            || firstUpright == Math.Abs(second.Slope) < Upright
            || Outside(profile, second) > 0.06 * profile.Count))
        {
            second = null;
        }

        var slanted = firstUpright ? second : first;
        var cut = firstUpright ? first : second;
        return new SideEdges(slanted, cut, Measure(profile, slanted, cut, 0), profile.Side);
    }

    /// <summary>
    /// The same side with a better slanted edge where its own is faint: the mirror image of a clear other side, for a phased
    /// array is symmetric and only one number is left to find; else the envelope of its points.
    /// </summary>
    /// <param name="profile">This side's outline.</param>
    /// <param name="other">The other side.</param>
    /// <param name="moves">Whether the outline is that of what moves: only then is it free of drawings.</param>
    public SideEdges Complete(EdgeProfile profile, SideEdges other, bool moves)
    {
        if (Support >= Faint)
        {
            return this;
        }

        if (other.Support >= Clear && other.Slanted is { Slope: > 0.2 } line && line.Slope > (Slanted?.Slope ?? 0) && Mirror(profile, line) is { } mirrored)
        {
            return new SideEdges(mirrored, Cut, Math.Max(Faint, Measure(profile, mirrored, Cut, 0)), Side);
        }

        double end = Cut is null ? double.PositiveInfinity : MiddleOf(profile, Cut);
        if (!moves || EdgeLine.Envelope(profile, i => profile.U[i] < end && !profile.AtBorder[i]) is not { Slope: > 0.2 } envelope)
        {
            return this;
        }

        double support = Measure(profile, envelope, Cut, EnvelopeDepth);
        return support > Support ? new SideEdges(envelope, Cut, support, Side) : this;
    }

    private static EdgeLine? Mirror(EdgeProfile profile, EdgeLine other)
    {
        EdgeLine? best = null;
        for (double offset = -profile.V.Max() - (other.Slope * profile.U.Max()) - 4; offset <= profile.V.Max() + 4; offset += 0.5)
        {
            var line = new EdgeLine(other.Slope, offset, 0, 0);
            int on = 0, beyond = 0;
            for (int i = 0; i < profile.Count; i++)
            {
                double outside = (profile.V[i] - line.At(profile.U[i])) / Math.Sqrt(1 + (line.Slope * line.Slope));
                on += Math.Abs(outside) <= 2 && !profile.AtBorder[i] ? 1 : 0;
                beyond += outside > 3 ? 1 : 0;
            }

            if (beyond <= 0.04 * profile.Count && on >= Math.Max(10, 0.05 * profile.Count) && on > (best?.Inliers ?? 0))
            {
                best = line with { Inliers = on, Outsiders = beyond };
            }
        }

        return best;
    }

    // Points on the edges, less those beyond them, as far down as the edges go: below, the profile follows the far end.
    private static double Measure(EdgeProfile profile, EdgeLine? slanted, EdgeLine? cut, double depth)
    {
        int on = 0, beyond = 0, seen = 0;
        double end = LastRow(profile, slanted, cut);
        for (int i = 0; i < profile.Count && profile.U[i] <= end; i++)
        {
            var (u, v) = (profile.U[i], profile.V[i]);
            bool holds = profile.AtBorder[i] || slanted?.Holds(u, v) == true || cut?.Holds(u, v) == true || (depth > 0 && slanted?.At(u) is { } edge && v <= edge && v > edge - depth);
            on += holds ? 1 : 0;
            beyond += !holds && (slanted?.At(u) < v || cut?.At(u) < v) ? 1 : 0;
            seen++;
        }

        return Math.Max(0, on - beyond) / (double)Math.Max(1, seen);
    }

    private double Across(double row) => Lines.Select(line => line.At(row)).DefaultIfEmpty(double.PositiveInfinity).Min();

    private static double MiddleOf(EdgeProfile profile, EdgeLine line)
    {
        double[] rows = [.. Enumerable.Range(0, profile.Count).Where(i => line.Holds(profile.U[i], profile.V[i])).Select(i => profile.U[i])];
        return rows.Length == 0 ? double.PositiveInfinity : rows[rows.Length / 2];
    }

    private static int Outside(EdgeProfile profile, EdgeLine line) =>
        Enumerable.Range(0, profile.Count).Count(i => profile.V[i] - line.At(profile.U[i]) > 3 * Math.Sqrt(1 + (line.Slope * line.Slope)));

    private static double LastRow(EdgeProfile profile, EdgeLine? slanted, EdgeLine? cut)
    {
        for (int i = profile.Count - 1; i >= 0; i--)
        {
            if (slanted?.Holds(profile.U[i], profile.V[i]) == true || cut?.Holds(profile.U[i], profile.V[i]) == true)
            {
                return profile.U[i];
            }
        }

        return double.NegativeInfinity;
    }
}
