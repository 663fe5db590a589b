using EchoApex.Heads.EjectionFraction;
using EchoApex.Heads.Measurement;

namespace EchoApex.Heads.Studies;

/// <summary>Values of the apical clips: volumes, ejection fractions, areas, lengths, heart rate.</summary>
internal sealed class ApicalMeasures(StudyOptions options, StudyReadings readings)
{
    private const string NoMasks = "There is no model of masks that knows the left ventricle.";
    private const string NoSpacing = "the clip does not say how large a pixel is";

    public IEnumerable<StudyMeasure> All() =>
        [.. Biplane(), Regression(), .. SinglePlane(StudyPipeline.FourChamber, MeasureNames.EfA4c, MeasureNames.EdvA4c, MeasureNames.EsvA4c),
         .. SinglePlane(StudyPipeline.TwoChamber, MeasureNames.EfA2c, MeasureNames.EdvA2c, MeasureNames.EsvA2c), .. Flow(), .. Sizes()];

    /// <summary>Why a view gives no values; null where it does.</summary>
    public string? Obstacle(string purpose)
    {
        if (readings.Obstacle(purpose) is { } obstacle)
        {
            return obstacle;
        }

        var reading = Reading(purpose);
        return reading is null ? NoMasks : reading.Abstention is { } abstention ? $"Clip {reading.Clip.Number} ({purpose}): {abstention}." : null;
    }

    private ApicalReading? Reading(string purpose) => purpose == StudyPipeline.FourChamber ? readings.FourChamber : readings.TwoChamber;

    private StudyMeasure Regression()
    {
        if (readings.Obstacle(StudyPipeline.FourChamber) is { } obstacle)
        {
            return MeasureFactory.Abstain(MeasureNames.EfRegression, obstacle);
        }

        var clip = readings.Chosen(StudyPipeline.FourChamber)!;
        return readings.Regression is { } ef
            ? MeasureFactory.Value(MeasureNames.EfRegression, ef.Percent, [new FrameSource(clip.Number, 0, FrameSource.WholeClip)]) with { HalfWidth95 = ef.HalfWidth95 }
            : MeasureFactory.Abstain(MeasureNames.EfRegression, "There is no model of ejection fractions.");
    }

    private StudyMeasure[] Biplane()
    {
        string[] names = [MeasureNames.EfBiplane, MeasureNames.EdvBiplane, MeasureNames.EsvBiplane];
        string? obstacle = Obstacle(StudyPipeline.FourChamber) ?? Obstacle(StudyPipeline.TwoChamber)
            ?? (readings.IsMixed ? "The clips are of more than one patient or examination: views are not combined." : null)
            ?? (new[] { readings.FourChamber!, readings.TwoChamber! }.FirstOrDefault(reading => reading.Spacing is null) is { } bare ? $"Clip {bare.Clip.Number}: {NoSpacing}." : null);
        if (obstacle is not null)
        {
            return [.. names.Select(name => MeasureFactory.Abstain(name, obstacle))];
        }

        var (four, two) = (readings.FourChamber!, readings.TwoChamber!);
        double diastole = SimpsonVolume.BiplaneMl(four.EndDiastole!.Trace!, two.EndDiastole!.Trace!);
        double systole = SimpsonVolume.BiplaneMl(four.EndSystole!.Trace!, two.EndSystole!.Trace!);
        FrameSource[] atDiastole = [Source(four, four.EndDiastole, FrameSource.EndDiastole), Source(two, two.EndDiastole, FrameSource.EndDiastole)];
        FrameSource[] atSystole = [Source(four, four.EndSystole!, FrameSource.EndSystole), Source(two, two.EndSystole!, FrameSource.EndSystole)];
        double trust = Math.Min(Trust(four), Trust(two));
        return
        [
            MeasureFactory.Value(names[0], SimpsonVolume.EjectionFractionPercent(diastole, systole), [.. atDiastole, .. atSystole], trust) with { Beats = 1 },
            MeasureFactory.Value(names[1], diastole, atDiastole, trust) with { Beats = 1 },
            MeasureFactory.Value(names[2], systole, atSystole, trust) with { Beats = 1 },
        ];
    }

    private StudyMeasure[] SinglePlane(string purpose, string ejection, string diastole, string systole)
    {
        string[] names = [ejection, diastole, systole];
        var reading = Reading(purpose);
        string? obstacle = Obstacle(purpose) ?? (reading!.Spacing is null ? $"Clip {reading.Clip.Number}: {NoSpacing}." : null);
        if (obstacle is not null)
        {
            return [.. names.Select(name => MeasureFactory.Abstain(name, obstacle))];
        }

        double[] diastolic = [.. reading!.Beats.Select(beat => reading.Signal[beat.EndDiastole!.Value])];
        double[] systolic = [.. reading.Beats.Select(beat => reading.Signal[beat.EndSystole!.Value])];
        double[] fractions = [.. diastolic.Zip(systolic, (d, s) => 100 * (d - s) / d)];
        var atDiastole = Source(reading, reading.EndDiastole!, FrameSource.EndDiastole);
        var atSystole = Source(reading, reading.EndSystole!, FrameSource.EndSystole);
        return
        [
            OverBeats(names[0], fractions, [atDiastole, atSystole], Trust(reading)),
            OverBeats(names[1], diastolic, [atDiastole], reading.EndDiastole!.Quality),
            OverBeats(names[2], systolic, [atSystole], reading.EndSystole!.Quality),
        ];
    }

    private static StudyMeasure OverBeats(string name, double[] values, FrameSource[] sources, double trust)
    {
        double mean = values.Average();
        return MeasureFactory.Value(name, mean, sources, trust) with
        {
            Beats = values.Length,
            BeatDeviation = values.Length < 2 ? null : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1)),
        };
    }

    // Volumes of both planes where there are both, else of A4C.
    private StudyMeasure[] Flow()
    {
        var both = Biplane();
        var volumes = both[0].Value is not null ? both : SinglePlane(StudyPipeline.FourChamber, MeasureNames.EfA4c, MeasureNames.EdvA4c, MeasureNames.EsvA4c);
        (StudyMeasure Diastole, StudyMeasure Systole) measured = (volumes[1], volumes[2]);
        var rate = HeartRate();
        if (measured.Diastole.Value is not { } diastole || measured.Systole.Value is not { } systole)
        {
            string reason = measured.Diastole.Abstention ?? measured.Systole.Abstention!;
            return [MeasureFactory.Abstain(MeasureNames.StrokeVolume, reason), rate, MeasureFactory.Abstain(MeasureNames.CardiacOutput, reason)];
        }

        FrameSource[] sources = [.. measured.Diastole.Sources, .. measured.Systole.Sources];
        return
        [
            MeasureFactory.Value(MeasureNames.StrokeVolume, diastole - systole, sources, measured.Diastole.Confidence),
            rate,
            rate.Value is { } beats
                ? MeasureFactory.Value(MeasureNames.CardiacOutput, (diastole - systole) * beats / 1000, sources, measured.Diastole.Confidence)
                : MeasureFactory.Abstain(MeasureNames.CardiacOutput, "There is no heart rate."),
        ];
    }

    /// <summary>Heart rate of whole beats where a clip shows one, else what the file says.</summary>
    private StudyMeasure HeartRate()
    {
        ApicalReading[] timed = [.. new[] { readings.FourChamber, readings.TwoChamber }.OfType<ApicalReading>()
            .Where(reading => reading.Clip.Facts.FramesPerSecond is not null && reading.Beats.Any(beat => beat.IsComplete))];

        // The middle one of all clips: an end diastole that was missed makes a beat of two.
        double[] lengths = [.. timed.SelectMany(reading => reading.Beats.Where(beat => beat.IsComplete).Select(beat => reading.TimesMs[beat.NextEndDiastole!.Value] - reading.TimesMs[beat.EndDiastole!.Value])).Order()];
        if (lengths.Length > 0)
        {
            double middle = (lengths[(lengths.Length - 1) / 2] + lengths[lengths.Length / 2]) / 2;
            return MeasureFactory.Value(MeasureNames.HeartRate, 60_000 / middle, [.. timed.Select(reading => new FrameSource(reading.Clip.Number, 0, FrameSource.WholeClip))]) with { Beats = lengths.Length };
        }

        return readings.Clips.FirstOrDefault(clip => clip.Facts.HeartRateBpm is > 0 && !clip.Facts.IsUnusable) is { } said
            ? MeasureFactory.Value(MeasureNames.HeartRate, said.Facts.HeartRateBpm!.Value, []) with { Method = $"as the file of clip {said.Number} says" }
            : MeasureFactory.Abstain(MeasureNames.HeartRate, "No clip shows a whole beat with known frame times, and none says a heart rate.");
    }

    private StudyMeasure[] Sizes()
    {
        string[] names = [MeasureNames.LvLengthD, MeasureNames.LvLengthS, MeasureNames.LvAreaD, MeasureNames.LvAreaS, MeasureNames.LaAreaA4c];
        var reading = readings.FourChamber;
        if (Obstacle(StudyPipeline.FourChamber) is { } obstacle)
        {
            return [.. names.Append(MeasureNames.FractionalAreaChange).Select(name => MeasureFactory.Abstain(name, obstacle))];
        }

        var (diastole, systole) = (reading!.EndDiastole!, reading.EndSystole!);
        var atDiastole = Source(reading, diastole, FrameSource.EndDiastole);
        var atSystole = Source(reading, systole, FrameSource.EndSystole);
        var change = MeasureFactory.Value(MeasureNames.FractionalAreaChange, 100 * (diastole.AreaPixels - systole.AreaPixels) / (double)diastole.AreaPixels, [atDiastole, atSystole], Trust(reading));
        if (reading.Spacing is not { } spacing || diastole.Trace is null || systole.Trace is null)
        {
            return [.. names.Select(name => MeasureFactory.Abstain(name, $"Clip {reading.Clip.Number}: {NoSpacing}.")), change];
        }

        double cm2 = spacing.XMm * spacing.YMm / 100;
        var atrium = systole.AtriumPixels > 0 && systole.AtriumQuality >= options.MinimumMaskQuality
            ? MeasureFactory.Value(names[4], systole.AtriumPixels * cm2, [atSystole], systole.AtriumQuality)
            : MeasureFactory.Abstain(names[4], systole.AtriumPixels == 0 ? "The left atrium was not found at end systole." : "The mask of the left atrium is not trusted.");
        return
        [
            MeasureFactory.Value(names[0], diastole.Trace.Length, [atDiastole], diastole.Quality),
            MeasureFactory.Value(names[1], systole.Trace.Length, [atSystole], systole.Quality),
            MeasureFactory.Value(names[2], diastole.AreaPixels * cm2, [atDiastole], diastole.Quality),
            MeasureFactory.Value(names[3], systole.AreaPixels * cm2, [atSystole], systole.Quality),
            change,
            atrium,
        ];
    }

    private static double Trust(ApicalReading reading) => Math.Min(reading.EndDiastole!.Quality, reading.EndSystole!.Quality);

    private static FrameSource Source(ApicalReading reading, ApicalFrame frame, string phase) => new(reading.Clip.Number, frame.Frame, phase);
}
