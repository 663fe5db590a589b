using System.Globalization;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Segmentation;

namespace EchoApex.Cli.FineTuning;

/// <summary>A prediction in one line, of all the tasks that the models know.</summary>
internal static class PredictionText
{
    public static string Of(EchoPrediction prediction) => string.Join("; ", Parts(prediction));

    private static IEnumerable<string> Parts(EchoPrediction prediction)
    {
        var culture = CultureInfo.InvariantCulture;
        if (prediction.View is { } view)
        {
            yield return string.Create(culture, $"view {view.Likeliest}{(view.Abstains ? " (too unsure to answer)" : "")}, confidence {view.Confidence:0.00}");
        }

        if (prediction.EjectionFraction is { } ef)
        {
            yield return string.Create(culture, $"EF {ef.Percent:0.0} ± {ef.HalfWidth95:0.0} % (95 %), below 50 % with probability {ef.Below50:0.00}, below 40 % {ef.Below40:0.00}");
        }

        if (prediction.Measurement is { } lv)
        {
            string mass = lv.Assessment is { } assessment ? string.Create(culture, $"; mass {assessment.MassGrams:0} g, relative wall thickness {assessment.RelativeWallThickness:0.00}") : "";
            yield return string.Create(culture, $"end diastole (frame {lv.EndDiastolicFrame}) {Lengths(lv.EndDiastole)}; end systole (frame {lv.EndSystolicFrame}) {Lengths(lv.EndSystole)}{mass}{(lv.IsBeat ? "" : "; no beat was found, these are the clip's extremes")}");
        }

        if (prediction.Masks is { } frames)
        {
            yield return $"{frames.Count} frames; " + string.Join(", ", frames.SelectMany(frame => frame.Structures.Keys).Distinct().Select(name => Area(name, [.. frames.Select(frame => frame.Structures[name])])));
        }
    }

    private static string Area(string name, SegmentedMask[] masks) => masks.All(mask => mask.AreaMm2 is not null)
        ? string.Create(CultureInfo.InvariantCulture, $"{name} {masks.Min(mask => mask.AreaMm2!.Value) / 100:0.0} to {masks.Max(mask => mask.AreaMm2!.Value) / 100:0.0} cm2")
        : string.Create(CultureInfo.InvariantCulture, $"{name} {masks.Min(mask => mask.Area)} to {masks.Max(mask => mask.Area)} pixels (the clip says no pixel size)");

    private static string Lengths(LvMeasurements lengths) => string.Join(", ", lengths.Lengths.Select(length => length switch
    {
        { Mm: { } mm } => string.Create(CultureInfo.InvariantCulture, $"{length.Name} {mm:0.0} mm"),
        { Pixels: { } pixels } => string.Create(CultureInfo.InvariantCulture, $"{length.Name} {pixels:0.0} pixels (no mm: the clip says no pixel size)"),
        _ => $"{length.Name} not found",
    }));
}
