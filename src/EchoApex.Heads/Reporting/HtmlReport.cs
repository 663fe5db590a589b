using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Interpretability;
using EchoApex.Heads.Studies;
using static EchoApex.Heads.Reporting.HtmlText;

namespace EchoApex.Heads.Reporting;

/// <summary>
/// A study as one HTML page that needs nothing beside it: no script, no font, no picture from elsewhere. It prints to A4. It shows the
/// sectors of frames alone, and names no patient.
/// </summary>
public static class HtmlReport
{
    /// <summary>Writes the page whole or not at all.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="study">The study.</param>
    /// <param name="created">When the report was made.</param>
    public static void Write(string path, StudyResult study, DateTimeOffset created)
    {
        ArgumentNullException.ThrowIfNull(study);
        AtomicOutput.WriteText(path, Page(study, created));
    }

    /// <summary>The page.</summary>
    internal static string Page(StudyResult study, DateTimeOffset created) => Of($"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
        <title>Echocardiography report: {study.Name}</title><style>{new Raw(HtmlStyle.Css)}</style></head>
        <body><main>
        <header><h1>Echocardiography report<small>Study: {study.Name}</small></h1>
        <div class="facts">{created.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC<br/>EchoApex {StudyJson.Version}, read by software, not verified</div></header>
        <div class="notice">{StudyJson.Disclaimer}</div>
        {Summary(study)}
        {HtmlMeasures.Section(study)}
        {Frames(study)}
        {Beats(study)}
        {Checks(study)}
        {HtmlClips.Section(study)}
        {Explanations(study)}
        {Models(study)}
        <footer>{StudyJson.Disclaimer} Values are measured by neural networks; confidence figures are the networks' own and are no probabilities of being right.
        The report names no patient. Data: report.json (schema {StudyJson.Schema} {StudyJson.SchemaVersion}).</footer>
        </main></body></html>

        """).Html;

    private static Raw Summary(StudyResult study)
    {
        var tiles = new HtmlText();
        foreach (var (label, names) in new (string, string[])[]
        {
            ("ejection fraction", [MeasureNames.EfBiplane, MeasureNames.EfA4c, MeasureNames.EfRegression]),
            ("end-diastolic volume", [MeasureNames.EdvBiplane, MeasureNames.EdvA4c]),
            ("end-systolic volume", [MeasureNames.EsvBiplane, MeasureNames.EsvA4c]),
            ("internal diameter, diastole", [MeasureNames.LvidD]),
            ("LV mass", [MeasureNames.LvMass]),
            ("heart rate", [MeasureNames.HeartRate]),
        })
        {
            var measure = names.Select(study.Find).FirstOrDefault(candidate => candidate?.Value is not null);
            tiles.Add(measure is { Value: { } value }
                ? (FormattableString)$"<div class=\"tile\"><b>{Number(value, "0")}<i>{measure.Unit}</i></b><span>{label}</span></div>"
                : $"<div class=\"tile none\"><b>–</b><span>{label}: not measured</span></div>");
        }

        var sentences = new HtmlText().Each(study.Summary, sentence => $"<li class=\"{(sentence.StartsWith("Check:", StringComparison.Ordinal) ? "flag" : "")}\">{sentence}</li>");
        return Of($"<section><h2>Summary</h2><div class=\"tiles\">{tiles.ToRaw()}</div><ul class=\"summary\">{sentences.ToRaw()}</ul></section>");
    }

    private static Raw Frames(StudyResult study)
    {
        if (study.KeyFrames.Count == 0)
        {
            return Of($"<section><h2>Measured frames</h2><p class=\"muted\">Nothing was measured in a frame.</p></section>");
        }

        var figures = new HtmlText().Each(study.KeyFrames, frame => $"<figure>{HtmlPictures.Frame(frame)}<figcaption>{frame.Caption}</figcaption></figure>");
        var legend = new HtmlText().Each(
            study.KeyFrames.SelectMany(frame => frame.Contours.Select(contour => contour.Structure).Concat(frame.Calipers.Where(caliper => caliper.Name != "long_axis").Select(caliper => caliper.Name))).Distinct(),
            name => $"<i style=\"background:{HtmlPictures.Color(name)}\"></i>{HtmlPictures.Title(name)}");
        return Of($"<section><h2>Measured frames</h2><input type=\"checkbox\" id=\"overlay\" class=\"noprint\" checked/><label for=\"overlay\" class=\"small muted noprint\">show what was measured</label><div class=\"frames\">{figures.ToRaw()}</div><p class=\"legend\">{legend.ToRaw()}</p></section>");
    }

    private static Raw Beats(StudyResult study)
    {
        if (study.Curves.Count == 0)
        {
            return Of($"");
        }

        var body = new HtmlText().Each(study.Curves, curve => $"{HtmlCharts.Curve(curve, study.Beats)}");
        foreach (var clip in study.Beats.Where(beat => beat.EjectionFractionPercent is not null).GroupBy(beat => beat.Clip).Where(group => group.Count() > 1))
        {
            body.Add($"{HtmlCharts.Trend([.. clip], clip.Key)}");
        }

        var rows = new HtmlText().Each(study.Beats, beat => $"""
            <tr><td>{beat.Clip}</td><td>{beat.Number}{(beat.IsRepresentative ? " (measured)" : "")}</td><td class="num">{beat.EndDiastolicFrame + 1}</td><td class="num">{beat.EndSystolicFrame + 1}</td>
            <td class="num">{Or(beat.DurationMs, "0")}</td><td class="num">{Or(beat.EndDiastolicVolumeMl, "0")}</td><td class="num">{Or(beat.EndSystolicVolumeMl, "0")}</td><td class="num">{Or(beat.EjectionFractionPercent, "0.0")}</td></tr>
            """);
        return Of($"""
            <section><h2>The heart cycle</h2><div class="charts">{body.ToRaw()}</div>
            <table><tr><th>clip</th><th>beat</th><th class="num">ED frame</th><th class="num">ES frame</th><th class="num">length, ms</th><th class="num">EDV, mL</th><th class="num">ESV, mL</th><th class="num">EF, %</th></tr>{rows.ToRaw()}</table></section>
            """);
    }

    private static Raw Checks(StudyResult study)
    {
        var rows = new HtmlText().Each(study.Checks, check => $"<tr><td class=\"{Class(check.Outcome)} line\">{Sign(check.Outcome)}</td><td>{check.Sentence}</td><td class=\"muted line\"><code>{check.Code}</code></td></tr>");
        return Of($"<section><h2>Do the values agree?</h2><table>{rows.ToRaw()}</table></section>");
    }

    private static Raw Explanations(StudyResult study)
    {
        if (study.Explanations.Count == 0)
        {
            return Of($"");
        }

        var body = new HtmlText().Each(study.Explanations, item => $"""
            <h3>Clip {item.Clip} ({item.View}), frame {item.Explanation.Frame + 1}, encoder of the task {item.Explanation.Task}</h3>
            <div class="maps">{new HtmlText().Each(ExplanationPictures.All(item.Explanation), tile => $"{HtmlPictures.Tile(tile)}").ToRaw()}</div>
            <p class="small muted">{(item.Explanation.Occlusion is null ? "" : $"Occlusion: {item.Explanation.OcclusionMeaning}, bright where much is lost. ")}Components: {string.Join(", ", item.Explanation.ComponentShares.Select(share => Number(100 * share, "0") + " %"))} of the patch tokens' variance.</p>
            """);
        return Of($"<section><h2>What the network looks at</h2>{body.ToRaw()}</section>");
    }

    private static Raw Models(StudyResult study)
    {
        var cards = new HtmlText().Each(study.Models, model => $"""
            <div class="model"><h3>{model.Name}</h3><table>
            <tr><td class="muted">task</td><td>{model.Task}, input {model.InputSize} x {model.InputSize} pixels, made {model.Created.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}</td></tr>
            <tr><td class="muted">outputs</td><td>{string.Join(", ", model.Outputs)}</td></tr>
            <tr><td class="muted">encoder</td><td><code>{model.EncoderSha256}</code></td></tr>
            {new HtmlText().Each(model.Training, entry => $"<tr><td class=\"muted\">{entry.Key.Replace('_', ' ')}</td><td>{entry.Value}</td></tr>").ToRaw()}</table></div>
            """);
        return Of($"<section><h2>Models</h2>{cards.ToRaw()}<p class=\"small muted\">Intended use: research and development. Not a medical device; not for diagnosis or treatment.</p></section>");
    }

    private static string Or(double? value, string format) => value is { } known ? Number(known, format) : "–";

    private static string Class(CheckOutcome outcome) => outcome switch { CheckOutcome.Passed => "passed", CheckOutcome.Failed => "failed", _ => "not" };

    private static string Sign(CheckOutcome outcome) => outcome switch { CheckOutcome.Passed => "✓ yes", CheckOutcome.Failed => "✗ no", _ => "– not possible" };
}
