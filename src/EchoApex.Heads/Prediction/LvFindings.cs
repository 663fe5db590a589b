using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Imaging;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Prediction;

/// <summary>The left ventricle of a clip, measured at end diastole and end systole of its first beat that shows both.</summary>
public sealed record LvFindings
{
    private const string Diameter = "lvid";

    /// <summary>The frame of end diastole: of the first measurable beat, or the one with the largest cavity where no beat was found.</summary>
    public required int EndDiastolicFrame { get; init; }

    /// <summary>The frame of end systole.</summary>
    public required int EndSystolicFrame { get; init; }

    /// <summary>Whether a beat was found; without one the frames are the extremes of the clip.</summary>
    public required bool IsBeat { get; init; }

    /// <summary>Lengths at end diastole; a length is refused by name where the clip has no pixel spacing.</summary>
    public required LvMeasurements EndDiastole { get; init; }

    /// <summary>Lengths at end systole.</summary>
    public required LvMeasurements EndSystole { get; init; }

    /// <summary>Mass and relative wall thickness; null where a length in mm is missing.</summary>
    public required LvAssessment? Assessment { get; init; }

    /// <summary>Points of each frame that was looked at, in pixels of the clip, by frame.</summary>
    public required IReadOnlyDictionary<int, IReadOnlyList<LandmarkPrediction>> Points { get; init; }

    /// <summary>Puts the findings of a clip together.</summary>
    internal static LvFindings Of(
        EchoClip clip, IReadOnlyList<int> frames, List<IReadOnlyList<LandmarkPrediction>> inputPoints, FrameGeometry geometry, IReadOnlyList<string> landmarks)
    {
        var points = frames.Zip(inputPoints).ToDictionary(pair => pair.First, pair => (IReadOnlyList<LandmarkPrediction>)[.. pair.Second.Select(point => ToFrame(point, geometry))]);
        var names = LvMeasurements.NamesOf(landmarks);
        var lengths = frames.Select(frame => LvMeasurements.FromPoints(points[frame].ToDictionary(point => point.Name, point => point.Point), clip.Spacing, names)).ToArray();

        // Without a diameter the first length stands in: any of them tells diastole from systole.
        string signalName = names.Contains(Diameter) ? Diameter : names[0];
        double[] signal = [.. lengths.Select(length => length.Length(signalName).Pixels ?? double.NaN)];
        double[] times = [.. frames.Select(frame => clip.FrameTimesMs is { } known ? known[frame] : frame * 1000.0 / 30)];
        var beat = frames.Count > 1 && BeatDetector.InOrder(times) ? new BeatDetector(BeatOptions.ForHeartRate(clip.HeartRateBpm)).Detect(signal, times).FirstOrDefault(found => found.IsMeasurable) : null;
        int diastole = beat?.EndDiastole ?? Extreme(signal, largest: true);
        int systole = beat?.EndSystole ?? Extreme(signal, largest: false);
        return new LvFindings
        {
            EndDiastolicFrame = frames[diastole],
            EndSystolicFrame = frames[systole],
            IsBeat = beat is not null,
            EndDiastole = lengths[diastole],
            EndSystole = lengths[systole],
            Assessment = new[] { "ivs", "lvid", "lvpw" }.All(name => names.Contains(name) && lengths[diastole].Length(name).Mm is not null) ? LvAssessment.Of(lengths[diastole]) : null,
            Points = points,
        };
    }

    private static LandmarkPrediction ToFrame(LandmarkPrediction point, FrameGeometry geometry)
    {
        var (x, y) = geometry.ToFrame(point.Point.X, point.Point.Y);
        return point with { Point = new ImagePoint(x, y) };
    }

    private static int Extreme(double[] signal, bool largest) => Enumerable.Range(0, signal.Length)
        .MaxBy(i => double.IsNaN(signal[i]) ? double.NegativeInfinity : largest ? signal[i] : -signal[i]);
}
