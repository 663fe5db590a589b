using EchoApex.Heads.Quality;
using EchoApex.Heads.Studies;
using EchoApex.Heads.ViewClassification;
using static EchoApex.Heads.Reporting.HtmlText;

namespace EchoApex.Heads.Reporting;

/// <summary>The clips of a report with their quality, and which was chosen for what.</summary>
internal static class HtmlClips
{
    public static Raw Section(StudyResult study)
    {
        var clips = new HtmlText().Each(study.Clips, Clip);
        var rows = new HtmlText().Each(study.Choices, choice => $"<tr><td><b>{choice.Purpose}</b></td><td>{choice.Reason}{Rejected(choice)}</td></tr>");
        return Of($"<section><h2>Clips and their quality</h2>{clips.ToRaw()}<h3>Which clip serves for what</h3><table>{rows.ToRaw()}</table></section>");
    }

    private static FormattableString Clip(StudyClip clip) => $"""
        <div class="clip">{HtmlPictures.Thumbnail(clip.Thumbnail)}<div>
        <h3>Clip {clip.Number}: {View(clip)} <span class="chip {(clip.Use == ClipUse.Measured ? "measured" : clip.IsUnusable ? "unusable" : "note")}">{(clip.Use == ClipUse.Measured ? "measured" : clip.Use == ClipUse.Unreadable ? "unreadable" : "not measured")}</span></h3>
        <p class="small muted">{clip.Name}{Facts(clip)}</p><p>{clip.Reason}</p>
        <ul>{new HtmlText().Each(clip.Quality, Finding).ToRaw()}</ul></div></div>
        """;

    private static FormattableString Finding(QualityFinding finding) =>
        $"<li><span class=\"chip {finding.Severity.ToString().ToLowerInvariant()}\">{finding.Code.Replace('_', ' ')}</span>{finding.Sentence}</li>";

    private static string View(StudyClip clip)
    {
        string name = clip.View is { } view ? EchoViews.Transthoracic.FirstOrDefault(known => known.Code == view)?.Name ?? "" : "";
        string confidence = clip is { View: not null, ViewConfidence: { } trust } ? $", confidence {Number(trust, "0.00")}" : "";
        return clip.Use == ClipUse.Unreadable ? "cannot be read"
            : clip.View is null ? "view not recognised"
            : name.Length > 0 ? $"{clip.View}, {name}{confidence}" : $"{clip.View}{confidence}";
    }

    private static string Facts(StudyClip clip)
    {
        if (clip.Frames is not { } frames)
        {
            return "";
        }

        string rate = clip.FramesPerSecond is { } fps ? $", {Number(fps, "0")} frames/s" : "";
        string size = clip.SpacingMm is { } spacing ? $", {Number(spacing.XMm, "0.00")} mm a pixel" : ", pixel size unknown";
        string heart = clip.HeartRateBpm is { } beats ? $", {Number(beats, "0")} beats/min" : "";
        return $" · {frames} frame{(frames == 1 ? "" : "s")} of {clip.Width} x {clip.Height}{rate}{size}{heart} · {clip.Format}";
    }

    private static Raw Rejected(ClipChoice choice) => choice.Rejected.Count == 0
        ? Of($"")
        : Of($"<br/><span class=\"muted\">{string.Join(" ", choice.Rejected.Select(rejected => $"Clip {rejected.Clip}: {rejected.Reason}"))}</span>");
}
