namespace EchoApex.Heads.Measurement;

/// <summary>Mass and geometry of a left ventricle at end-diastole.</summary>
/// <param name="MassGrams">Mass by the cube formula, g.</param>
/// <param name="RelativeWallThickness">2 PWd / LVIDd.</param>
/// <param name="MassIndex">Mass index in g/m²; null without body surface area.</param>
/// <param name="Geometry">The pattern; null without body surface area or sex, since its limits are those of the index by sex.</param>
public sealed record LvAssessment(double MassGrams, double RelativeWallThickness, double? MassIndex, LvGeometryClass? Geometry)
{
    /// <summary>Assesses the lengths of an end-diastolic frame.</summary>
    /// <param name="endDiastole">Lengths at end-diastole; lengths of another phase give a wrong mass.</param>
    /// <param name="bodySurfaceAreaM2">Body surface area in m²; null when unknown.</param>
    /// <param name="sex">Whose limits apply; null when unknown.</param>
    /// <exception cref="MeasurementRefusedException">A length in mm is missing.</exception>
    public static LvAssessment Of(LvMeasurements endDiastole, double? bodySurfaceAreaM2 = null, Sex? sex = null)
    {
        ArgumentNullException.ThrowIfNull(endDiastole);
        double mass = LvMass.Grams(endDiastole.IvsMm, endDiastole.LvidMm, endDiastole.LvpwMm);
        double thickness = LvMass.RelativeWallThickness(endDiastole.LvidMm, endDiastole.LvpwMm);
        double? index = bodySurfaceAreaM2 is { } area ? LvMass.Index(mass, area) : null;
        return new LvAssessment(mass, thickness, index, index is { } known && sex is { } limits ? LvMass.Classify(known, thickness, limits) : null);
    }
}
