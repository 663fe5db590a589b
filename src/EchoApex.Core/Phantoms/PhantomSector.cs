namespace EchoApex.Core.Phantoms;

/// <summary>The fan that a phantom's image fills; everything outside it is 0.</summary>
/// <param name="ApexX">Column of the point where the beams meet, in pixels.</param>
/// <param name="ApexY">Row of that point, in pixels; it may lie above the image.</param>
/// <param name="HalfAngleRadians">Angle between the middle beam and the outermost one.</param>
/// <param name="MinimumRadius">Distance from the apex at which the image starts, in pixels.</param>
/// <param name="MaximumRadius">Distance from the apex at which the image ends, in pixels.</param>
public sealed record PhantomSector(double ApexX, double ApexY, double HalfAngleRadians, double MinimumRadius, double MaximumRadius)
{
    /// <summary>Whether a point lies inside.</summary>
    /// <param name="x">Column in pixels.</param>
    /// <param name="y">Row in pixels.</param>
    public bool Contains(double x, double y)
    {
        double radius = Math.Sqrt(((x - ApexX) * (x - ApexX)) + ((y - ApexY) * (y - ApexY)));
        return radius >= MinimumRadius && radius <= MaximumRadius && Math.Abs(Math.Atan2(x - ApexX, y - ApexY)) <= HalfAngleRadians;
    }
}
