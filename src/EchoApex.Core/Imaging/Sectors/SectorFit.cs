namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// Fits the form that a scanner draws to the outline of a picture: sides by voting of their outermost points for supporting
/// lines, ends by voting for arcs about the sides' meeting point, then for arcs of any centre, then for flat ends.
/// </summary>
/// <param name="Shape">The form found.</param>
/// <param name="LeftSupport">Share of the left side's points that lie on its lines.</param>
/// <param name="RightSupport">The same of the right side.</param>
/// <param name="BottomSupport">The same of the far end.</param>
/// <param name="TopSupport">The same of the near end; 1 for a point.</param>
/// <param name="EndsInPoint">Whether the near end is a point.</param>
internal sealed record SectorFit(SectorShape Shape, double LeftSupport, double RightSupport, double BottomSupport, double TopSupport, bool EndsInPoint)
{
    private const double LeastSupport = 0.2;
    private const double PointWidth = 0.2;

    // Lines run through the centres of the outermost pixels that are lit; dark ones lie a little farther out. What is drawn there is found by the guard.
    private const double Margin = 0.35;

    /// <summary>Fits an image whose apex, if it has one, lies above; null where there is no outline.</summary>
    /// <param name="body">The picture; not 0 where it is.</param>
    /// <param name="lit">Grain of the picture; not 0 where it is.</param>
    /// <param name="width">Columns of both.</param>
    /// <param name="height">Rows of both.</param>
    /// <param name="moves">Whether the picture was told from drawings by its motion, so that its envelope may be trusted.</param>
    public static SectorFit? Fit(byte[] body, byte[] lit, int width, int height, bool moves)
    {
        var left = EdgeProfile.Follow(EdgeSide.Left, body, lit, width, height);
        var right = EdgeProfile.Follow(EdgeSide.Right, body, lit, width, height);
        var top = EdgeProfile.Follow(EdgeSide.Top, body, lit, width, height);
        var bottom = EdgeProfile.Follow(EdgeSide.Bottom, body, lit, width, height);
        if (Math.Min(Math.Min(left.Count, right.Count), Math.Min(top.Count, bottom.Count)) < 24)
        {
            return null;
        }

        var leftSide = SideEdges.Find(left);
        var rightSide = SideEdges.Find(right);
        if (leftSide is null || rightSide is null)
        {
            return null;
        }

        (leftSide, rightSide) = (leftSide.Complete(left, rightSide, moves), rightSide.Complete(right, leftSide, moves));
        var apex = Meet(leftSide.Slanted, rightSide.Slanted);
        var (bottomArc, bottomFlat, bottomSupport) = FindBottom(bottom, apex, leftSide, rightSide, height);
        var (topArc, topFlat, topSupport, endsInPoint) = FindTop(top, apex, leftSide, rightSide, bottomArc, height);
        List<HalfPlane> edges = [.. leftSide.Lines.Select(line => line.ToHalfPlane(EdgeSide.Left, Margin)), .. rightSide.Lines.Select(line => line.ToHalfPlane(EdgeSide.Right, Margin))];
        edges.Add(new HalfPlane(0, 1, bottomFlat + Margin));
        edges.Add(new HalfPlane(0, -1, -(topFlat - Margin)));
        var shape = new SectorShape(
            KindOf(apex, topArc),
            edges,
            bottomArc is { } far ? far.Circle with { Radius = far.Circle.Radius + Margin } : null,
            topArc is { } near ? near.Circle with { Radius = near.Circle.Radius - Margin } : null,
            apex?.X,
            apex?.Y,
            Degrees(leftSide),
            Degrees(rightSide),
            IsInverted: false);
        return new SectorFit(shape, leftSide.Support, rightSide.Support, bottomSupport, topSupport, endsInPoint);
    }

    private static double Degrees(SideEdges side) => side.Slanted is { } line ? Math.Atan(line.Slope) * 180 / Math.PI : 0;

    private static SectorShapeKind KindOf((double X, double Y)? apex, EdgeArc? inner) =>
        apex is null ? SectorShapeKind.Rectangle : inner is not null ? SectorShapeKind.Curved : SectorShapeKind.Sector;

    // Both slopes count outwards: together they open downwards.
    private static (double X, double Y)? Meet(EdgeLine? left, EdgeLine? right)
    {
        if (left is null || right is null || left.Slope + right.Slope < 0.1)
        {
            return null;
        }

        double y = -(left.Offset + right.Offset) / (left.Slope + right.Slope);
        return (right.At(y), y);
    }

    private static (EdgeArc? Arc, double Flat, double Support) FindBottom(EdgeProfile profile, (double X, double Y)? apex, SideEdges left, SideEdges right, int height)
    {
        int[] used = [.. Enumerable.Range(0, profile.Count).Where(i => !left.Explains(profile.Point(i)) && !right.Explains(profile.Point(i)))];
        double lowest = used.Select(i => profile.V[i]).DefaultIfEmpty(height - 1).Max();
        var flat = EdgeLine.Find(profile, i => !profile.AtBorder[i], 1);
        double middle = apex?.X ?? (profile.U[0] + profile.U[^1]) / 2;
        double reach = 0.12 * (profile.U[^1] - profile.U[0]);
        var arc = Arc([.. used.Where(i => !profile.AtBorder[i]).Select(profile.Point)], apex, middle, reach, height);

        // Text below a flat end lies beyond it; a few levels of an arc are flat, too, but then the arc explains more.
        double mostBeyond = flat is null ? 0 : Math.Max(0.04 * used.Length, (flat.Inliers > 1.3 * (arc?.Inliers ?? 0) ? 1.0 : 0.35) * flat.Inliers);
        if (flat is not null && (Math.Abs(flat.Slope) > 0.02 || flat.Inliers < 0.15 * used.Length || flat.Outsiders > mostBeyond))
        {
            flat = null;
        }

        // Where a flat end explains more points than the arc: the arc of the rest, which may not be there.
        if (arc is not null && flat is not null && arc.Inliers < flat.Inliers)
        {
            (double X, double Y)[] rest = [.. used.Where(i => !profile.AtBorder[i] && !flat.Holds(profile.U[i], profile.V[i])).Select(profile.Point)];
            arc = Arc(rest, apex, middle, reach, height);
            arc = arc is not null && arc.Inliers >= Math.Max(8, 0.4 * rest.Length) ? arc : null;
        }
        else if (arc is not null && arc.Inliers < LeastSupport * used.Length)
        {
            arc = null;
        }

        flat = arc?.Inliers >= 0.9 * used.Length ? null : flat;
        bool bordered = used.Any(i => profile.AtBorder[i]);
        double end = flat is not null ? Math.Max(flat.At(profile.U[0]), flat.At(profile.U[^1]))
            : bordered ? height
            : arc is not null ? arc.Circle.Y + arc.Circle.Radius : lowest;
        int explained = used.Count(i => profile.AtBorder[i]
            || (arc is not null && arc.Holds(profile.Point(i).X, profile.Point(i).Y))
            || (flat is not null && flat.Holds(profile.U[i], profile.V[i])));
        return (arc, end, explained / (double)Math.Max(1, used.Length));
    }

    private static (EdgeArc? Arc, double Flat, double Support, bool IsPoint) FindTop(EdgeProfile profile, (double X, double Y)? apex, SideEdges left, SideEdges right, EdgeArc? outer, int height)
    {
        // The picture's first row between the sides, and how wide it is there against its widest.
        double highest = Enumerable.Range(0, profile.Count).Select(profile.Point).Where(point => left.Allows(point) && right.Allows(point)).Select(point => point.Y).DefaultIfEmpty(0).Min();
        double end = left.Width(right, highest + 1), widest = profile.U[^1] - profile.U[0];
        if (apex is not null && end < PointWidth * widest)
        {
            // A point: what lies above it on its own, a mark of the probe, is no part of it.
            return (null, FirstRow(profile, left, right) + 2, 1, true);
        }

        int[] used = [.. Enumerable.Range(0, profile.Count).Where(i => !left.Explains(profile.Point(i)) && !right.Explains(profile.Point(i)) && IsAbove(profile.Point(i), outer))];
        if (used.Length < 10)
        {
            return (null, highest - 1, 0, false);
        }

        (double X, double Y)[] inFrame = [.. used.Where(i => !profile.AtBorder[i]).Select(profile.Point)];
        var wanted = used.ToHashSet();
        var flat = EdgeLine.Find(profile, i => !profile.AtBorder[i] && wanted.Contains(i), 1);
        int flatInliers = flat is null || Math.Abs(flat.Slope) > 0.02 ? 0 : flat.Inliers;
        var arc = apex is { } centre ? EdgeArc.About(inFrame, centre.X, centre.Y, -1) : null;
        if (arc is not null && (arc.Inliers < 0.35 * used.Length || arc.Inliers < 1.2 * flatInliers))
        {
            arc = null;
        }

        if (arc is not null)
        {
            double corner = Math.Min(Corner(left, EdgeSide.Left, arc.Circle, height), Corner(right, EdgeSide.Right, arc.Circle, height));
            return (arc, Math.Max(0, corner), arc.Inliers / (double)used.Length, false);
        }

        if (flatInliers > 0.35 * used.Length)
        {
            return (null, -Math.Max(flat!.At(profile.U[used[0]]), flat.At(profile.U[used[^1]])), flatInliers / (double)used.Length, false);
        }

        bool bordered = used.Count(i => profile.AtBorder[i]) > 0.5 * used.Length;
        return (null, bordered ? 0 : Math.Max(0, highest - 1), bordered ? 1 : 0, false);
    }

    // The first row of the body alone between the sides: a point has no outline to tell a letter above it from the image.
    private static double FirstRow(EdgeProfile profile, SideEdges left, SideEdges right) =>
        Enumerable.Range(0, profile.Count).Where(i => left.Allows(profile.Point(i)) && right.Allows(profile.Point(i))).Select(i => profile.BodyRow(i)).DefaultIfEmpty(0).Min();

    // Rows of the far half belong to the far end.
    private static bool IsAbove((double X, double Y) point, EdgeArc? outer) => outer is null || !outer.Holds(point.X, point.Y);

    // The row in which a side meets the inner arc.
    private static double Corner(SideEdges side, EdgeSide direction, Circle arc, int height)
    {
        if (side.Slanted is not { } line)
        {
            return 0;
        }

        for (int row = 0; row < height; row++)
        {
            double x = direction == EdgeSide.Left ? -line.At(row) : line.At(row);
            if (row > arc.Y && arc.Outside(x, row) >= 0)
            {
                return row - 1;
            }
        }

        return 0;
    }

    // About the apex, or about any centre below the middle of the image where that explains clearly more.
    private static EdgeArc? Arc((double X, double Y)[] points, (double X, double Y)? apex, double middle, double reach, int height)
    {
        var about = apex is { } centre ? EdgeArc.About(points, centre.X, centre.Y, 1) : null;
        var free = EdgeArc.Free(points, middle, reach, 0.1 * height, 4.0 * height);
        return about is null || (free is not null && free.Inliers > 1.15 * about.Inliers) ? free : about;
    }
}
