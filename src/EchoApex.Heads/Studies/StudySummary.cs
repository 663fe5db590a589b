using System.Globalization;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Studies;

/// <summary>The findings of a study in sentences.</summary>
internal static class StudySummary
{
    public static IReadOnlyList<string> Of(IReadOnlyList<StudyMeasure> measures, IReadOnlyList<ConsistencyCheck> checks, IReadOnlyList<StudyClip> clips, Sex? sex)
    {
        StudyMeasure? Find(string name) => measures.FirstOrDefault(measure => measure.Name == name && measure.Value is not null);
        var sentences = new List<string>();
        var (biplane, single, regression) = (Find(MeasureNames.EfBiplane), Find(MeasureNames.EfA4c), Find(MeasureNames.EfRegression));
        if ((biplane ?? single) is { } traced)
        {
            string other = regression is null ? "" : Text($"; regression {regression.Value:0} ± {regression.HalfWidth95:0} %");
            sentences.Add(Text($"Left ventricular ejection fraction {traced.Value:0} % ({(biplane is null ? "A4C, method of discs" : "biplane method of discs")}{other})."));
        }
        else if (regression is not null)
        {
            sentences.Add(Text($"Left ventricular ejection fraction {regression.Value:0} ± {regression.HalfWidth95:0} % (regression; no volumes)."));
        }
        else
        {
            sentences.Add($"No ejection fraction: {Reason(measures, MeasureNames.EfA4c)}");
        }

        var (diastole, systole) = (Find(MeasureNames.EdvBiplane) ?? Find(MeasureNames.EdvA4c), Find(MeasureNames.EsvBiplane) ?? Find(MeasureNames.EsvA4c));
        if (diastole is not null && systole is not null)
        {
            sentences.Add(Text($"End-diastolic volume {diastole.Value:0} mL, end-systolic volume {systole.Value:0} mL."));
        }

        if (Find(MeasureNames.LvidD) is { } cavity)
        {
            string walls = Find(MeasureNames.IvsD) is { } septum && Find(MeasureNames.LvpwD) is { } wall ? Text($", septum {septum.Value:0.0} mm, posterior wall {wall.Value:0.0} mm") : "";
            string index = Find(MeasureNames.LvMassIndex) is { } indexed ? Text($", {indexed.Value:0} g/m²{Geometry(indexed.Value!.Value, Find(MeasureNames.RelativeWallThickness)?.Value, sex)}") : "";
            string mass = Find(MeasureNames.LvMass) is { } heavy ? Text($"; LV mass {heavy.Value:0} g{index}") : "";
            sentences.Add(Text($"Internal diameter {cavity.Value:0.0} mm at end diastole{walls}{mass}."));
        }
        else
        {
            sentences.Add($"Walls and cavity not measured: {Reason(measures, MeasureNames.LvidD)}");
        }

        sentences.AddRange(checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => $"Check: {check.Sentence}"));
        int read = clips.Count(clip => clip.Use != ClipUse.Unreadable), measured = clips.Count(clip => clip.Use == ClipUse.Measured);
        sentences.Add(Text($"{clips.Count} clip{(clips.Count == 1 ? "" : "s")}: {read} read, {measured} measured, {clips.Count - read} unreadable."));
        return sentences;
    }

    // The limits of the index are those of women and of men: without a sex there is no pattern.
    private static string Geometry(double massIndex, double? relativeWallThickness, Sex? sex) => sex is { } limits && relativeWallThickness is { } thickness
        ? LvMass.Classify(massIndex, thickness, limits) switch
        {
            LvGeometryClass.Normal => ", normal geometry",
            LvGeometryClass.ConcentricRemodeling => ", concentric remodeling",
            LvGeometryClass.ConcentricHypertrophy => ", concentric hypertrophy",
            _ => ", eccentric hypertrophy",
        }
        : "";

    private static string Reason(IReadOnlyList<StudyMeasure> measures, string name) => measures.First(measure => measure.Name == name).Abstention ?? "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
