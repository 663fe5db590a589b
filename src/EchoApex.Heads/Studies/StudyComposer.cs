using EchoApex.Heads.Quality;

namespace EchoApex.Heads.Studies;

/// <summary>Puts the readings of a study together.</summary>
internal sealed class StudyComposer(IStudyModels models, StudyOptions options, StudyReadings readings)
{
    public StudyResult Compose(string name)
    {
        StudyMeasure[] found = [.. new ApicalMeasures(options, readings).All(), .. new LongAxisMeasures(options, readings).All()];
        StudyMeasure[] measures = [.. MeasureFactory.Names.Select(known => found.SingleOrDefault(measure => measure.Name == known)).OfType<StudyMeasure>()];
        var checks = new ConsistencyChecks(options, readings, measures).All();
        StudyClip[] clips = [.. readings.Clips.Select(clip => Finish(clip.Facts, measures))];
        return new StudyResult
        {
            Name = name,
            Summary = StudySummary.Of(measures, checks, clips, options.Sex),
            Measures = measures,
            Checks = checks,
            Choices = readings.Choices,
            Clips = clips,
            Beats = [.. Beats(readings.FourChamber), .. Beats(readings.TwoChamber), .. Beats(readings.LongAxis)],
            Curves = [.. Curve(readings.FourChamber), .. Curve(readings.TwoChamber), .. Curve(readings.LongAxis)],
            KeyFrames = [.. KeyFrames.Of(readings.FourChamber), .. KeyFrames.Of(readings.TwoChamber), .. KeyFrames.Of(readings.LongAxis)],
            Models = [.. models.Infos.Select(model => new StudyModel(model.Task, model.Name, model.Encoder.Sha256, model.Preprocessing.ImageSize, model.Labels, model.Training, model.Created))],
            Explanations = readings.Explanations,
        };
    }

    // What became of a clip is known only now: what was measured from it, or why nothing was.
    private StudyClip Finish(StudyClip clip, StudyMeasure[] measures)
    {
        if (clip.Use == ClipUse.Unreadable)
        {
            return clip;
        }

        var findings = clip.Quality.ToList();
        if (readings.FourChamber?.Clip.Number == clip.Number || readings.TwoChamber?.Clip.Number == clip.Number)
        {
            findings.AddRange(GeometryFindings.Of(readings.FourChamber?.Clip.Number == clip.Number ? readings.FourChamber : readings.TwoChamber, options.Quality));
        }
        else if (readings.LongAxis?.Clip.Number == clip.Number)
        {
            findings.AddRange(GeometryFindings.Of(readings.LongAxis, options.Quality));
        }

        if (readings.Failures.TryGetValue(clip.Number, out string? failure))
        {
            findings.Add(new QualityFinding(QualityCodes.Unreadable, QualitySeverity.Unusable, $"It cannot be read to its end: {failure}"));
        }

        string[] purposes = [.. readings.Choices.Where(choice => choice.Clip == clip.Number).Select(choice => choice.Purpose)];
        if (clip.View is { } view && purposes.Length == 0 && readings.Choices.All(choice => choice.Purpose != view))
        {
            findings.Add(new QualityFinding(QualityCodes.WrongView, QualitySeverity.Note, $"Nothing is measured from the view {view}."));
        }

        int values = measures.Count(measure => measure.Value is not null && measure.Sources.Any(source => source.Clip == clip.Number));
        QualityFinding[] ordered = [.. findings.OrderByDescending(finding => finding.Severity)];
        return clip with
        {
            Quality = ordered,
            Use = values > 0 ? ClipUse.Measured : ClipUse.NotMeasured,
            Reason = values > 0
                ? string.Join(" ", new[] { $"{values} value{(values == 1 ? "" : "s")} measured ({string.Join(", ", purposes)}).", Obstacle(clip, measures) }.OfType<string>())
                : WhyNot(clip, ordered, purposes, measures),
        };
    }

    private string WhyNot(StudyClip clip, QualityFinding[] findings, string[] purposes, StudyMeasure[] measures) =>
        findings.FirstOrDefault(finding => finding.Severity == QualitySeverity.Unusable) is { } fault ? fault.Sentence
        : purposes.Length > 0 ? Obstacle(clip, measures) ?? "No model measures this view."
        : readings.Choices.SelectMany(choice => choice.Rejected).FirstOrDefault(rejected => rejected.Clip == clip.Number) is { } rejected ? rejected.Reason
        : findings.FirstOrDefault(finding => finding.Code is QualityCodes.ViewUncertain or QualityCodes.WrongView) is { } view ? view.Sentence
        : "Its view was not recognised: there is no model of views, and the file names none.";

    // Why a value is missing that this clip should give.
    private static string? Obstacle(StudyClip clip, StudyMeasure[] measures) =>
        measures.Select(measure => measure.Abstention).FirstOrDefault(reason => reason?.StartsWith($"Clip {clip.Number} ", StringComparison.Ordinal) == true || reason?.StartsWith($"Clip {clip.Number}:", StringComparison.Ordinal) == true);

    private static IEnumerable<StudyBeat> Beats(ApicalReading? reading) => reading is null ? [] : reading.Beats.Select((beat, i) =>
    {
        var (diastole, systole) = (reading.Frames[beat.EndDiastole!.Value], reading.Frames[beat.EndSystole!.Value]);
        bool isPhysical = reading.Spacing is not null;
        return new StudyBeat
        {
            Clip = reading.Clip.Number,
            Number = i + 1,
            EndDiastolicFrame = diastole.Frame,
            EndSystolicFrame = systole.Frame,
            DurationMs = reading.Clip.Facts.FramesPerSecond is not null && beat.NextEndDiastole is { } next ? reading.TimesMs[next] - reading.TimesMs[beat.EndDiastole.Value] : null,
            EndDiastolicVolumeMl = isPhysical ? reading.Signal[beat.EndDiastole.Value] : null,
            EndSystolicVolumeMl = isPhysical ? reading.Signal[beat.EndSystole.Value] : null,
            EjectionFractionPercent = ApicalReading.EjectionFraction(diastole.Trace, systole.Trace),
            IsRepresentative = reading.Representative == i,
        };
    });

    private static IEnumerable<StudyBeat> Beats(LongAxisReading? reading) => reading is not { Abstention: null } ? [] :
    [
        new StudyBeat { Clip = reading.Clip.Number, Number = 1, EndDiastolicFrame = reading.Findings.EndDiastolicFrame, EndSystolicFrame = reading.Findings.EndSystolicFrame, IsRepresentative = true },
    ];

    private static IEnumerable<StudyCurve> Curve(ApicalReading? reading) => reading is null ? [] :
    [
        new StudyCurve(
            reading.Clip.Number, reading.Spacing is null ? "lv_area" : "lv_volume", reading.Spacing is null ? "pixel" : "mL", reading.TimesMs,
            [.. reading.Signal.Select(value => double.IsFinite(value) ? (double?)value : null)], [.. reading.Frames.Select(frame => frame.Frame)]),
    ];

    private static IEnumerable<StudyCurve> Curve(LongAxisReading? reading)
    {
        if (reading is null)
        {
            return [];
        }

        var (findings, clip) = (reading.Findings, reading.Clip.Clip!);
        int[] frames = [.. findings.Points.Keys.Order()];
        bool isPhysical = clip.Spacing is not null;
        var values = frames.Select(frame => Measurement.LvMeasurements.FromPoints(findings.Points[frame].ToDictionary(point => point.Name, point => point.Point), clip.Spacing, ["lvid"]).Length("lvid"));
        return [new StudyCurve(
            reading.Clip.Number, "lvid", isPhysical ? "mm" : "pixel", [.. frames.Select(frame => clip.FrameTimesMs is { } times ? times[frame] : frame * 1000.0 / 30)],
            [.. values.Select(value => isPhysical ? value.Mm : value.Pixels)], frames)];
    }
}
