namespace EchoApex.Core.Imaging.Sectors;

/// <summary>The form in which a scanner draws its image.</summary>
public enum SectorShapeKind
{
    /// <summary>Two straight edges that meet in a point and an arc far from it: a phased array.</summary>
    Sector,

    /// <summary>Two straight edges between a near and a far arc: a curved array.</summary>
    Curved,

    /// <summary>Two straight edges that are not parallel, and a flat top: a linear array that steers its beams.</summary>
    Trapezoid,

    /// <summary>Upright edges: a linear array, or a picture cut to a box.</summary>
    Rectangle,
}
