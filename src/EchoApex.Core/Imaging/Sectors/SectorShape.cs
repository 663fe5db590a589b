namespace EchoApex.Core.Imaging.Sectors;

/// <summary>
/// The area that a scanner's image fills, as the scanner draws it: what lies within every edge, within the outer arc and
/// outside the inner arc. Coordinates are pixels of the whole frame.
/// </summary>
/// <param name="Kind">The form.</param>
/// <param name="Edges">Straight edges: two sides, and flat ends where there are any.</param>
/// <param name="OuterArc">The far end; null where it is flat.</param>
/// <param name="InnerArc">The near end; null where it is flat or a point.</param>
/// <param name="ApexX">Column in which the two sides meet; null where they are parallel.</param>
/// <param name="ApexY">Row in which the two sides meet; null where they are parallel.</param>
/// <param name="LeftDegrees">Angle of the left side from the vertical, positive where it widens away from the apex.</param>
/// <param name="RightDegrees">Angle of the right side from the vertical, positive where it widens away from the apex.</param>
/// <param name="IsInverted">Whether the apex lies below the image.</param>
public sealed record SectorShape(
    SectorShapeKind Kind,
    IReadOnlyList<HalfPlane> Edges,
    Circle? OuterArc,
    Circle? InnerArc,
    double? ApexX,
    double? ApexY,
    double LeftDegrees,
    double RightDegrees,
    bool IsInverted)
{
    /// <summary>How far a point lies outside in pixels; negative inside. Exact near an edge, a lower bound near a corner.</summary>
    public double Outside(double x, double y)
    {
        double outside = double.NegativeInfinity;
        foreach (var edge in Edges)
        {
            outside = Math.Max(outside, edge.Outside(x, y));
        }

        if (OuterArc is { } outer)
        {
            outside = Math.Max(outside, outer.Outside(x, y));
        }

        return InnerArc is { } inner ? Math.Max(outside, -inner.Outside(x, y)) : outside;
    }
}
