namespace EchoApex.Heads.Measurement;

/// <summary>One length of one frame that was judged.</summary>
/// <param name="Clip">Name of the clip.</param>
/// <param name="Patient">The patient: the unit of the bootstrap.</param>
/// <param name="Frame">The frame, from 0.</param>
/// <param name="Phase">"ed" or "es" where the set says that the frame is that; empty otherwise.</param>
/// <param name="Name">The length: "ivs", "lvid", "lvpw".</param>
/// <param name="TruthMm">True length in mm; null where it is not known in mm.</param>
/// <param name="PredictedMm">Predicted length in mm; null where the pixel spacing is unknown.</param>
/// <param name="TruthPixels">True length in pixels of the frame; null where its points are unknown.</param>
/// <param name="PredictedPixels">Predicted length in pixels of the frame.</param>
public sealed record MeasurementCase(
    string Clip, string Patient, int Frame, string Phase, string Name, double? TruthMm, double? PredictedMm, double? TruthPixels, double PredictedPixels)
{
    /// <summary>Predicted minus true length in mm; null where one is missing.</summary>
    public double? ErrorMm => PredictedMm - TruthMm;
}
