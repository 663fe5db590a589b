namespace EchoApex.Core.Charts;

/// <summary>A colour, 0 to 255 a channel.</summary>
/// <param name="R">Red.</param>
/// <param name="G">Green.</param>
/// <param name="B">Blue.</param>
public readonly record struct ChartColor(byte R, byte G, byte B)
{
    /// <summary>The colour mixed with white: 0 leaves it, 1 makes it white.</summary>
    public ChartColor Lighten(double share) =>
        new((byte)Math.Round(R + ((255 - R) * share)), (byte)Math.Round(G + ((255 - G) * share)), (byte)Math.Round(B + ((255 - B) * share)));
}
