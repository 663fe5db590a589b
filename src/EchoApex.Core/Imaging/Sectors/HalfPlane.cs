namespace EchoApex.Core.Imaging.Sectors;

/// <summary>The side of a straight line on which <c>A x + B y &lt;= C</c>, with A² + B² = 1, in pixels (centre of the first pixel: 0).</summary>
/// <param name="A">Horizontal component of the outward normal.</param>
/// <param name="B">Vertical component, downwards.</param>
/// <param name="C">Distance of the line from the origin along the normal.</param>
public readonly record struct HalfPlane(double A, double B, double C)
{
    /// <summary>How far a point lies outside, in pixels; negative inside.</summary>
    public double Outside(double x, double y) => (A * x) + (B * y) - C;
}
