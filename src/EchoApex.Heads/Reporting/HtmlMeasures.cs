using EchoApex.Heads.Studies;
using static EchoApex.Heads.Reporting.HtmlText;

namespace EchoApex.Heads.Reporting;

/// <summary>The values of a report, and those that could not be given.</summary>
internal static class HtmlMeasures
{
    private static readonly (string Title, string[] Names)[] Groups =
    [
        ("Function and volumes",
        [
            MeasureNames.EfBiplane, MeasureNames.EfRegression, MeasureNames.EfA4c, MeasureNames.EfA2c, MeasureNames.EdvBiplane, MeasureNames.EsvBiplane, MeasureNames.EdvA4c, MeasureNames.EsvA4c,
            MeasureNames.EdvA2c, MeasureNames.EsvA2c, MeasureNames.StrokeVolume, MeasureNames.CardiacOutput, MeasureNames.HeartRate,
        ]),
        ("Sizes, apical four-chamber", [MeasureNames.LvLengthD, MeasureNames.LvLengthS, MeasureNames.LvAreaD, MeasureNames.LvAreaS, MeasureNames.FractionalAreaChange, MeasureNames.LaAreaA4c]),
        ("Walls and cavity, parasternal long axis",
        [
            MeasureNames.IvsD, MeasureNames.LvidD, MeasureNames.LvpwD, MeasureNames.IvsS, MeasureNames.LvidS, MeasureNames.LvpwS, MeasureNames.FractionalShortening, MeasureNames.LvMass,
            MeasureNames.LvMassIndex, MeasureNames.RelativeWallThickness,
        ]),
    ];

    public static Raw Section(StudyResult study)
    {
        var rows = new HtmlText();
        foreach (var (title, names) in Groups)
        {
            var known = names.Select(study.Find).OfType<StudyMeasure>().Where(measure => measure.Value is not null).ToArray();
            if (known.Length > 0)
            {
                rows.Add($"<tr class=\"group\"><td colspan=\"6\">{title}</td></tr>").Each(known, Row);
            }
        }

        bool any = study.Measures.Any(measure => measure.Value is not null);
        var table = any
            ? Of($"<table class=\"measures\"><tr><th>value</th><th class=\"num\">measured</th><th>unit</th><th>spread</th><th>confidence</th><th>how and where</th></tr>{rows.ToRaw()}</table>")
            : Of($"<p class=\"muted\">No value could be given.</p>");
        return Of($"<section><h2>Measurements</h2>{table}{Abstentions(study)}</section>");
    }

    private static FormattableString Row(StudyMeasure measure) =>
        $"<tr><td>{measure.Title}</td><td class=\"num value\">{Number(measure.Value!.Value, Format(measure))}</td><td>{Unit(measure.Unit)}</td><td class=\"once\">{Spread(measure)}</td><td class=\"once\">{Confidence(measure)}</td><td class=\"muted\">{measure.Method}{(measure.Sources.Count > 0 ? "; " : "")}{Where(measure)}</td></tr>";

    private static string Format(StudyMeasure measure) => measure.Unit is "mm" or "cm2" or "L/min" ? "0.0" : measure.Unit == "1" ? "0.00" : "0";

    private static string Unit(string unit) => unit switch { "1" => "", "cm2" => "cm²", "g/m2" => "g/m²", _ => unit };

    private static string Spread(StudyMeasure measure) =>
        measure.HalfWidth95 is { } half ? $"± {Number(half, "0")} (95 %)"
        : measure.BeatDeviation is { } deviation ? $"SD {Number(deviation, "0.0")} of {measure.Beats} beats"
        : measure.Beats == 1 ? "one beat"
        : "";

    private static Raw Confidence(StudyMeasure measure) => measure.Confidence is { } trust
        ? Of($"<span class=\"bar\"><i style=\"width:{Number(100 * trust, "0")}%\"></i></span>{Number(trust, "0.00")}")
        : Of($"");

    private static string Where(StudyMeasure measure) => string.Join(", ", measure.Sources.Select(source =>
        source.Phase == FrameSource.WholeClip ? $"clip {source.Clip}" : $"clip {source.Clip} frame {source.Frame + 1}"));

    // Values that miss for one reason stand in one line.
    private static Raw Abstentions(StudyResult study)
    {
        var groups = study.Measures.Where(measure => measure.Abstention is not null).GroupBy(measure => measure.Abstention!).ToArray();
        if (groups.Length == 0)
        {
            return Of($"");
        }

        var rows = new HtmlText().Each(groups, group => $"<tr><td>{string.Join(", ", group.Select(measure => measure.Title))}</td><td class=\"muted\">{group.Key}</td></tr>");
        return Of($"<h3>Not measured, and why</h3><table class=\"reasons\">{rows.ToRaw()}</table>");
    }
}
