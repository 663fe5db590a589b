namespace EchoApex.Core.Imaging.Sectors;

/// <summary>One of the four directions in which an image ends.</summary>
internal enum EdgeSide
{
    Left,
    Right,
    Top,
    Bottom,
}
