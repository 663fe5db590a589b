using System.Globalization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;

namespace EchoApex.Heads.Quality;

/// <summary>Quality control of a clip by itself: what it is and how its pictures look. No network is asked.</summary>
public sealed class ClipQuality
{
    private const double ShortestBeatMs = 600;

    private readonly QualityOptions _options;

    /// <summary>Creates the control.</summary>
    /// <exception cref="ConfigurationException">A limit is out of range.</exception>
    public ClipQuality(QualityOptions? options = null)
    {
        _options = options ?? new QualityOptions();
        OptionsValidator.Validate(_options, "quality");
    }

    /// <summary>Looks at a clip.</summary>
    /// <param name="clip">The clip; up to 24 of its frames are decoded.</param>
    /// <returns>The findings, the gravest first; empty for a clip without fault.</returns>
    /// <exception cref="DataException">A frame cannot be decoded.</exception>
    public IReadOnlyList<QualityFinding> Assess(EchoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var findings = new List<QualityFinding>();
        findings.AddRange(OfTime(clip));
        if (clip.Spacing is null)
        {
            findings.Add(new QualityFinding(QualityCodes.NoSpacing, QualitySeverity.Warning, "The clip does not say how large a pixel is: lengths, areas and volumes cannot be given."));
        }

        if (clip.Regions.Any(region => region.Kind == RegionKind.ColorFlow2D))
        {
            findings.Add(new QualityFinding(QualityCodes.ColorDoppler, QualitySeverity.Warning, "Colour Doppler lies over the tissue."));
        }

        findings.AddRange(SectorFinder.TryFind(clip) is { } sector
            ? OfPictures(clip, PictureQuality.Of(clip, sector))
            : [new QualityFinding(QualityCodes.NoSector, QualitySeverity.Unusable, "No ultrasound sector was found in the frames.")]);
        return [.. findings.OrderByDescending(finding => finding.Severity)];
    }

    private IEnumerable<QualityFinding> OfTime(EchoClip clip)
    {
        if (clip.FrameCount == 1)
        {
            yield return new QualityFinding(QualityCodes.SingleFrame, QualitySeverity.Unusable, "The clip is a still image: it has no beat, no end diastole and no end systole.", 1, 2);
            yield break;
        }

        if (clip.FrameCount < _options.MinimumFrames)
        {
            yield return Finding(QualityCodes.TooFewFrames, QualitySeverity.Unusable, clip.FrameCount, _options.MinimumFrames, $"{clip.FrameCount} frames are too few to tell end diastole from end systole (at least {_options.MinimumFrames}).");
        }

        if (clip.FrameTimesMs is not { } times || clip.FramesPerSecond is not { } rate)
        {
            yield return new QualityFinding(QualityCodes.FrameRateUnknown, QualitySeverity.Warning, "The clip does not say how far its frames are apart: 30 frames a second are assumed, and there is no heart rate.");
            yield break;
        }

        if (rate < _options.MinimumFramesPerSecond)
        {
            yield return Finding(QualityCodes.FrameRateLow, QualitySeverity.Warning, rate, _options.MinimumFramesPerSecond, $"{rate:0.#} frames a second are too few to catch end systole (at least {_options.MinimumFramesPerSecond:0}).");
        }

        double beat = clip.HeartRateBpm is > 0 and { } heartRate ? 60_000 / heartRate : ShortestBeatMs;

        // The last frame lasts as long as the others.
        double duration = times[^1] - times[0] + (1000 / rate);
        if (duration < 0.97 * beat)
        {
            yield return Finding(QualityCodes.ShorterThanBeat, QualitySeverity.Warning, duration, beat, $"The clip lasts {duration:0} ms, less than a heart beat of {beat:0} ms.");
        }
    }

    private IEnumerable<QualityFinding> OfPictures(EchoClip clip, PictureQuality picture)
    {
        if (picture.SectorShare < _options.MinimumSectorShare)
        {
            yield return Finding(QualityCodes.SectorSmall, QualitySeverity.Warning, picture.SectorShare, _options.MinimumSectorShare, $"The ultrasound sector fills {100 * picture.SectorShare:0} % of the frame.");
        }

        if (picture.MeanLevel < _options.LowestMeanLevel)
        {
            yield return Finding(QualityCodes.GainLow, QualitySeverity.Warning, picture.MeanLevel, _options.LowestMeanLevel, $"The picture is dark: a mean level of {picture.MeanLevel:0} of 255.");
        }

        if (picture.DarkLevel > _options.HighestDarkLevel)
        {
            yield return Finding(QualityCodes.GainHigh, QualitySeverity.Warning, picture.DarkLevel, _options.HighestDarkLevel, $"The picture is bright: even its darkest quarter reaches level {picture.DarkLevel:0} of 255.");
        }

        if (picture.SaturatedShare > _options.LargestSaturatedShare)
        {
            yield return Finding(QualityCodes.Saturated, QualitySeverity.Warning, picture.SaturatedShare, _options.LargestSaturatedShare, $"{100 * picture.SaturatedShare:0} % of the sector are at full white.");
        }

        if (clip.FrameCount > 1 && picture.Change < _options.LeastChange)
        {
            yield return Finding(QualityCodes.NoMotion, QualitySeverity.Unusable, picture.Change, _options.LeastChange, $"Nothing moves: frames differ by {picture.Change:0.00} levels of 255.");
        }

        if (picture.Shift > _options.LargestShift)
        {
            yield return Finding(QualityCodes.ProbeMotion, QualitySeverity.Warning, picture.Shift, _options.LargestShift, $"The whole picture shifts by up to {100 * picture.Shift:0} % of its side: the probe or the chest moved.");
        }
    }

    private static QualityFinding Finding(string code, QualitySeverity severity, double value, double limit, FormattableString sentence) =>
        new(code, severity, sentence.ToString(CultureInfo.InvariantCulture), Math.Round(value, 4), limit);
}
