namespace EchoApex.Heads.Measurement;

/// <summary>How a heat map becomes a point with fractions of a pixel.</summary>
public enum HeatmapDecoding
{
    /// <summary>
    /// The mean place of the heat map's probability within a window around its peak (local soft-argmax): a second, weaker peak
    /// elsewhere, such as the other wall, does not pull the point.
    /// </summary>
    LocalSoftArgmax,

    /// <summary>
    /// The mean place of the whole heat map's probability, the differentiable spatial to numerical transform (DSNT) of Nibali et
    /// al. 2018 (arXiv 1801.07372). Smooth everywhere, but two peaks give a point between them.
    /// </summary>
    Dsnt,
}
