using System.Globalization;
using EchoApex.Core.Imaging;
using EchoApex.Heads.Quality;

namespace EchoApex.Heads.Studies;

/// <summary>Findings of quality control that need the measured geometry: foreshortening, an axis aslant, a ventricle that is cut off.</summary>
internal static class GeometryFindings
{
    /// <summary>Findings of an apical clip.</summary>
    public static IEnumerable<QualityFinding> Of(ApicalReading? reading, QualityOptions options)
    {
        if (reading?.EndDiastole is not { } frame)
        {
            yield break;
        }

        if (frame.ShareAtEdge > options.LargestShareAtEdge)
        {
            yield return Finding(QualityCodes.StructureIncomplete, frame.ShareAtEdge, options.LargestShareAtEdge, $"{100 * frame.ShareAtEdge:0} % of the ventricle's outline lie at the edge of the sector: it is cut off.");
        }

        if (frame.Trace is not { } trace || reading.Spacing is not { } spacing)
        {
            yield break;
        }

        double ratio = trace.Length / Math.Max(1e-9, trace.Diameters.Max());
        if (ratio < options.LeastLengthToWidth)
        {
            yield return Finding(QualityCodes.Foreshortened, ratio, options.LeastLengthToWidth, $"The ventricle is {ratio:0.00} times as long as wide: its long axis is foreshortened, or it is spherical.");
        }

        double tilt = Math.Abs(Math.Atan2((trace.Base.X - trace.Apex.X) * spacing.XMm, (trace.Base.Y - trace.Apex.Y) * spacing.YMm)) * 180 / Math.PI;
        if (tilt > options.LargestTiltDegrees)
        {
            yield return Finding(QualityCodes.OffAxis, tilt, options.LargestTiltDegrees, $"The ventricle's long axis lies {tilt:0} degrees aslant of the upright.");
        }
    }

    /// <summary>Findings of a parasternal long axis: the line across the ventricle should be near upright.</summary>
    public static IEnumerable<QualityFinding> Of(LongAxisReading? reading, QualityOptions options)
    {
        if (reading?.Findings is not { } findings || !findings.Points.TryGetValue(findings.EndDiastolicFrame, out var points))
        {
            yield break;
        }

        var from = points.Where(point => point.Name == "lvid_start").ToArray();
        var to = points.Where(point => point.Name == "lvid_end").ToArray();
        if (from.Length == 0 || to.Length == 0)
        {
            yield break;
        }

        var spacing = reading.Clip.Facts.SpacingMm ?? new PixelSpacing(1, 1);
        double tilt = Math.Atan2(Math.Abs(to[0].Point.X - from[0].Point.X) * spacing.XMm, Math.Abs(to[0].Point.Y - from[0].Point.Y) * spacing.YMm) * 180 / Math.PI;
        if (tilt > options.LargestTiltDegrees)
        {
            yield return Finding(QualityCodes.OffAxis, tilt, options.LargestTiltDegrees, $"The line across the ventricle lies {tilt:0} degrees aslant of the beam.");
        }
    }

    private static QualityFinding Finding(string code, double value, double limit, FormattableString sentence) =>
        new(code, QualitySeverity.Warning, sentence.ToString(CultureInfo.InvariantCulture), Math.Round(value, 4), limit);
}
