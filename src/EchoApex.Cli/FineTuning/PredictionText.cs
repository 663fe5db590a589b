using System.Globalization;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Prediction;

namespace EchoApex.Cli.FineTuning;

/// <summary>A prediction in one line.</summary>
internal static class PredictionText
{
    public static string Of(EchoPrediction prediction)
    {
        var culture = CultureInfo.InvariantCulture;
        if (prediction.View is { } view)
        {
            return string.Create(culture, $"view {view.Likeliest}{(view.Abstains ? " (too unsure to answer)" : "")}, confidence {view.Confidence:0.00}");
        }

        if (prediction.EjectionFraction is { } ef)
        {
            return string.Create(culture, $"EF {ef.Percent:0.0} ± {ef.HalfWidth95:0.0} % (95 %), below 50 % with probability {ef.Below50:0.00}, below 40 % {ef.Below40:0.00}");
        }

        if (prediction.Measurement is { } lv)
        {
            string mass = lv.Assessment is { } assessment ? string.Create(culture, $"; mass {assessment.MassGrams:0} g, relative wall thickness {assessment.RelativeWallThickness:0.00}") : "";
            return string.Create(culture, $"end diastole (frame {lv.EndDiastolicFrame}) {Lengths(lv.EndDiastole)}; end systole (frame {lv.EndSystolicFrame}) {Lengths(lv.EndSystole)}{mass}{(lv.IsBeat ? "" : "; no beat was found, these are the clip's extremes")}");
        }

        var frames = prediction.Masks ?? [];
        return $"{frames.Count} frames; " + string.Join(", ", frames.SelectMany(frame => frame.Structures.Keys).Distinct().Select(name =>
        {
            var masks = frames.Select(frame => frame.Structures[name]).ToArray();
            return masks.All(mask => mask.AreaMm2 is not null)
                ? string.Create(culture, $"{name} {masks.Min(mask => mask.AreaMm2!.Value) / 100:0.0} to {masks.Max(mask => mask.AreaMm2!.Value) / 100:0.0} cm2")
                : string.Create(culture, $"{name} {masks.Min(mask => mask.Area)} to {masks.Max(mask => mask.Area)} pixels (the clip says no pixel size)");
        }));
    }

    private static string Lengths(LvMeasurements lengths) => string.Join(", ", lengths.Lengths.Select(length => length switch
    {
        { Mm: { } mm } => string.Create(CultureInfo.InvariantCulture, $"{length.Name} {mm:0.0} mm"),
        { Pixels: { } pixels } => string.Create(CultureInfo.InvariantCulture, $"{length.Name} {pixels:0.0} pixels (no mm: the clip says no pixel size)"),
        _ => $"{length.Name} not found",
    }));
}
