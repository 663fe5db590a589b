namespace EchoApex.Core.Imaging.Sectors;

/// <summary>A circle in pixels.</summary>
/// <param name="X">Column of its centre.</param>
/// <param name="Y">Row of its centre; it may lie outside the frame.</param>
/// <param name="Radius">Its radius.</param>
public readonly record struct Circle(double X, double Y, double Radius)
{
    /// <summary>Distance of a point from the arc, in pixels; negative within the circle.</summary>
    public double Outside(double x, double y) => Math.Sqrt(((x - X) * (x - X)) + ((y - Y) * (y - Y))) - Radius;
}
