using EchoApex.Core.Datasets.Annotated;

namespace EchoApex.Heads.Measurement;

/// <summary>A predicted point.</summary>
/// <param name="Name">The landmark's name.</param>
/// <param name="Point">Where it is, in pixels of the image that the head was given; the centre of the first pixel is 0.</param>
/// <param name="Confidence">
/// Share of the heat map's probability within the window around its peak, 0 to 1: near 1 for one sharp peak, near the window's
/// share of the image for a map that says nothing. It is not a calibrated probability.
/// </param>
public readonly record struct LandmarkPrediction(string Name, ImagePoint Point, double Confidence);
