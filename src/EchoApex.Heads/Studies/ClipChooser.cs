using System.Globalization;
using EchoApex.Heads.Quality;

namespace EchoApex.Heads.Studies;

/// <summary>Chooses the clip of each purpose among those of its view.</summary>
internal static class ClipChooser
{
    /// <summary>Ranks the clips of a view: usable ones by confidence, less a tenth for each warning, beats seen and frame rate deciding ties.</summary>
    /// <param name="purpose">The view that is needed.</param>
    /// <param name="why">What it is needed for.</param>
    /// <param name="clips">All clips of the study.</param>
    public static ClipChoice Choose(string purpose, string why, IReadOnlyList<ExaminedClip> clips)
    {
        var candidates = clips.Where(clip => clip.Facts.View == purpose).ToArray();
        var usable = candidates.Where(clip => !clip.Facts.IsUnusable).OrderByDescending(clip => Score(clip.Facts)).ThenBy(clip => clip.Number).ToArray();
        RejectedClip[] unusable = [.. candidates.Where(clip => clip.Facts.IsUnusable).Select(clip => new RejectedClip(clip.Number, FirstFault(clip.Facts)))];
        if (usable.Length == 0)
        {
            string reason = candidates.Length == 0
                ? $"No clip was recognised as {purpose}: there is nothing to take {why} from."
                : $"No clip of the view {purpose} can be used for {why}.";
            return new ClipChoice(purpose, null, reason, unusable);
        }

        var best = usable[0].Facts;
        string merits = Merits(best);
        string chosen = candidates.Length == 1
            ? $"Clip {best.Number} is the only {purpose} ({merits}); it serves for {why}."
            : $"Clip {best.Number} is the best of {candidates.Length} {purpose} clips ({merits}); it serves for {why}.";
        return new ClipChoice(purpose, best.Number, chosen, [.. usable.Skip(1).Select(clip => new RejectedClip(clip.Number, $"Clip {best.Number} is better: {Merits(best)} against {Merits(clip.Facts)}.")), .. unusable]);
    }

    private static double Score(StudyClip clip) =>
        (clip.ViewConfidence ?? 0.5)
        - (0.1 * clip.Quality.Count(finding => finding.Severity == QualitySeverity.Warning))
        + (0.05 * Math.Min(3, Beats(clip)))
        + (0.0005 * Math.Min(100, clip.FramesPerSecond ?? 0));

    // Beats that the clip is long enough for; 75 a minute where the rate is unknown.
    private static double Beats(StudyClip clip) =>
        clip is { Frames: { } frames, FramesPerSecond: > 0 and { } rate } ? Math.Floor((frames / rate * (clip.HeartRateBpm ?? 75) / 60) + 0.03) : 0;

    private static string Merits(StudyClip clip)
    {
        int warnings = clip.Quality.Count(finding => finding.Severity == QualitySeverity.Warning);
        string confidence = clip.ViewConfidence is { } value ? string.Create(CultureInfo.InvariantCulture, $"confidence {value:0.00}") : "view from the file";
        string rate = clip.FramesPerSecond is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0} frames a second") : "frame rate unknown";
        return $"{confidence}, {Beats(clip):0} whole beat{(Beats(clip) == 1 ? "" : "s")}, {rate}, {warnings} warning{(warnings == 1 ? "" : "s")}";
    }

    private static string FirstFault(StudyClip clip) => clip.Quality.First(finding => finding.Severity == QualitySeverity.Unusable).Sentence;
}
