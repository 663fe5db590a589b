using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Studies;

/// <summary>Values of the parasternal long axis: walls, cavity, mass.</summary>
internal sealed class LongAxisMeasures(StudyOptions options, StudyReadings readings)
{
    private static readonly (string Length, string Diastole, string Systole)[] Lengths =
    [
        ("ivs", MeasureNames.IvsD, MeasureNames.IvsS), ("lvid", MeasureNames.LvidD, MeasureNames.LvidS), ("lvpw", MeasureNames.LvpwD, MeasureNames.LvpwS),
    ];

    // Without an area there is no index to speak of.
    private readonly string[] _ofMass = [MeasureNames.LvMass, .. options.BodySurfaceAreaM2 is null ? Array.Empty<string>() : [MeasureNames.LvMassIndex], MeasureNames.RelativeWallThickness];

    public IEnumerable<StudyMeasure> All()
    {
        string? obstacle = readings.Obstacle(StudyPipeline.LongAxis)
            ?? (readings.LongAxis is not { } reading ? "There is no model of lengths."
                : reading.Abstention is { } abstention ? $"Clip {reading.Clip.Number} (PLAX): {abstention}."
                : null);
        if (obstacle is not null)
        {
            string[] names = [.. Lengths.SelectMany(length => new[] { length.Diastole, length.Systole }), MeasureNames.FractionalShortening, .. _ofMass];
            return names.Select(name => MeasureFactory.Abstain(name, obstacle));
        }

        var diastole = Lengths.ToDictionary(length => length.Length, length => Length(length.Diastole, length.Length, atDiastole: true));
        var systole = Lengths.ToDictionary(length => length.Length, length => Length(length.Systole, length.Length, atDiastole: false));
        return [.. diastole.Values, .. systole.Values, Shortening(), .. Mass(diastole)];
    }

    private StudyMeasure Length(string name, string length, bool atDiastole)
    {
        var findings = readings.LongAxis!.Findings;
        int frame = atDiastole ? findings.EndDiastolicFrame : findings.EndSystolicFrame;
        var found = (atDiastole ? findings.EndDiastole : findings.EndSystole).Lengths.FirstOrDefault(entry => entry.Name == length);
        double trust = Trust(length, frame);
        return found is null ? MeasureFactory.Abstain(name, $"The model does not know '{length}'.")
            : found.Refusal == MeasurementRefusal.NoPixelSpacing ? MeasureFactory.Abstain(name, $"Clip {readings.LongAxis.Clip.Number}: the clip does not say how large a pixel is")
            : found.Mm is not { } mm ? MeasureFactory.Abstain(name, "One of its ends was not found.")
            : trust < options.MinimumPointConfidence ? MeasureFactory.Abstain(name, FormattableString.Invariant($"Its ends are not sharp enough (confidence {trust:0.00}, at least {options.MinimumPointConfidence:0.00} is asked)."))
            : MeasureFactory.Value(name, mm, [Source(atDiastole)], trust);
    }

    // Without a pixel's size a ratio of lengths along one line may still be had, if pixels are square; that is not known either.
    private StudyMeasure Shortening()
    {
        var (diastole, systole) = (Length(MeasureNames.LvidD, "lvid", true), Length(MeasureNames.LvidS, "lvid", false));
        return diastole.Value is { } large && systole.Value is { } small
            ? MeasureFactory.Value(MeasureNames.FractionalShortening, 100 * (large - small) / large, [Source(true), Source(false)], Math.Min(diastole.Confidence ?? 0, systole.Confidence ?? 0))
            : MeasureFactory.Abstain(MeasureNames.FractionalShortening, diastole.Abstention ?? systole.Abstention!);
    }

    private StudyMeasure[] Mass(Dictionary<string, StudyMeasure> diastole)
    {
        if (diastole.Values.FirstOrDefault(length => length.Value is null) is { } missing)
        {
            string reason = $"It needs the value '{missing.Title}', which is missing: {missing.Abstention}";
            return [.. _ofMass.Select(name => MeasureFactory.Abstain(name, reason))];
        }

        var (septum, cavity, wall) = (diastole["ivs"].Value!.Value, diastole["lvid"].Value!.Value, diastole["lvpw"].Value!.Value);
        if (septum <= 0 || cavity <= 0 || wall <= 0)
        {
            const string Degenerate = "A length at end diastole is zero.";
            return [.. _ofMass.Select(name => MeasureFactory.Abstain(name, Degenerate))];
        }

        double trust = diastole.Values.Min(length => length.Confidence ?? 0);
        double grams = LvMass.Grams(septum, cavity, wall);
        return
        [
            MeasureFactory.Value(MeasureNames.LvMass, grams, [Source(true)], trust),
            .. options.BodySurfaceAreaM2 is { } area ? new[] { MeasureFactory.Value(MeasureNames.LvMassIndex, LvMass.Index(grams, area), [Source(true)], trust) } : [],
            MeasureFactory.Value(MeasureNames.RelativeWallThickness, LvMass.RelativeWallThickness(cavity, wall), [Source(true)], trust),
        ];
    }

    private double Trust(string length, int frame) =>
        readings.LongAxis!.Findings.Points[frame].Where(point => point.Name == $"{length}_start" || point.Name == $"{length}_end").Select(point => point.Confidence).DefaultIfEmpty(0).Min();

    private FrameSource Source(bool atDiastole)
    {
        var reading = readings.LongAxis!;
        return new FrameSource(reading.Clip.Number, atDiastole ? reading.Findings.EndDiastolicFrame : reading.Findings.EndSystolicFrame, atDiastole ? FrameSource.EndDiastole : FrameSource.EndSystole);
    }
}
