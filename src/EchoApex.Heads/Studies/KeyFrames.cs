using System.Globalization;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Measurement;
using EchoApex.Heads.Quality;

namespace EchoApex.Heads.Studies;

/// <summary>The frames that were measured, with what is drawn in them.</summary>
internal static class KeyFrames
{
    /// <summary>End diastole and end systole of an apical clip.</summary>
    public static IEnumerable<KeyFrame> Of(ApicalReading? reading)
    {
        if (reading?.Representative is null)
        {
            yield break;
        }

        foreach (var (frame, phase) in new[] { (reading.EndDiastole!, FrameSource.EndDiastole), (reading.EndSystole!, FrameSource.EndSystole) })
        {
            var source = new FrameSource(reading.Clip.Number, frame.Frame, phase);
            yield return Frame(reading.Clip, source, reading.View) with
            {
                Contours = [.. frame.Contours.Where(entry => entry.Value.Count > 2).Select(entry => new KeyContour(entry.Key, entry.Value))],
                Calipers = frame.Trace is { } trace ? [new KeyCaliper("long_axis", trace.Apex, trace.Base, string.Create(CultureInfo.InvariantCulture, $"{trace.Length:0} mm"))] : [],
            };
        }
    }

    /// <summary>End diastole and end systole of a parasternal long axis.</summary>
    public static IEnumerable<KeyFrame> Of(LongAxisReading? reading)
    {
        if (reading is null || reading.Abstention is not null)
        {
            yield break;
        }

        var findings = reading.Findings;
        foreach (var (frame, phase, lengths) in new[] { (findings.EndDiastolicFrame, FrameSource.EndDiastole, findings.EndDiastole), (findings.EndSystolicFrame, FrameSource.EndSystole, findings.EndSystole) })
        {
            var points = findings.Points[frame].ToDictionary(point => point.Name, point => point.Point);
            yield return Frame(reading.Clip, new FrameSource(reading.Clip.Number, frame, phase), StudyPipeline.LongAxis) with
            {
                Calipers = [.. lengths.Lengths.Where(length => length.Pixels is not null).Select(length => Caliper(length, points))],
            };
        }
    }

    private static KeyCaliper Caliper(LinearLength length, Dictionary<string, ImagePoint> points) => new(
        length.Name, points[$"{length.Name}_start"], points[$"{length.Name}_end"],
        length.Mm is { } mm ? string.Create(CultureInfo.InvariantCulture, $"{mm:0.0} mm") : string.Create(CultureInfo.InvariantCulture, $"{length.Pixels:0} px"));

    private static KeyFrame Frame(ExaminedClip clip, FrameSource source, string view) => new()
    {
        Source = source,
        View = view,
        Caption = $"{view}, {(source.Phase == FrameSource.EndDiastole ? "end diastole" : "end systole")}, clip {source.Clip}, frame {source.Frame + 1}",
        Picture = Picture(clip.Clip!, source.Frame),
    };

    // Outside of its sector a frame may carry names.
    private static GrayPicture? Picture(EchoClip clip, int frame)
    {
        try
        {
            return SectorFinder.TryFind(clip) is { } sector ? new GrayPicture(PictureQuality.ReadGray(clip, frame, sector), sector.Width, sector.Height, sector.X, sector.Y) : null;
        }
        catch (DataException)
        {
            // It was decoded when it was measured; a file that changes meanwhile costs its picture alone.
            return null;
        }
    }
}
