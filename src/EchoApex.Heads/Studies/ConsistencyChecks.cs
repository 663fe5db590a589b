using System.Globalization;
using EchoApex.Heads.EjectionFraction;

namespace EchoApex.Heads.Studies;

/// <summary>Compares values that should agree, and values with what is possible in an adult.</summary>
internal sealed class ConsistencyChecks(StudyOptions options, StudyReadings readings, IReadOnlyList<StudyMeasure> measures)
{
    // What is possible, not what is normal: outside of it a value is a mistake of reading. Ours.
    private static readonly (string Name, double Low, double High)[] Possible =
    [
        (MeasureNames.EfBiplane, 5, 85), (MeasureNames.EfRegression, 5, 85), (MeasureNames.EfA4c, 5, 85), (MeasureNames.EfA2c, 5, 85),
        (MeasureNames.EdvBiplane, 25, 450), (MeasureNames.EdvA4c, 25, 450), (MeasureNames.EdvA2c, 25, 450),
        (MeasureNames.EsvBiplane, 5, 400), (MeasureNames.EsvA4c, 5, 400), (MeasureNames.EsvA2c, 5, 400),
        (MeasureNames.HeartRate, 30, 220), (MeasureNames.CardiacOutput, 1, 20), (MeasureNames.LvLengthD, 50, 130),
        (MeasureNames.IvsD, 3, 35), (MeasureNames.LvidD, 20, 95), (MeasureNames.LvpwD, 3, 35), (MeasureNames.LvMass, 30, 800),
    ];

    public IReadOnlyList<ConsistencyCheck> All() => [EjectionFractions(), Planes(), Lengths(), Ranges(), Phases(), HeartRates(), OnePatient()];

    private ConsistencyCheck EjectionFractions()
    {
        var regression = Measure(MeasureNames.EfRegression);
        var traced = Measure(MeasureNames.EfBiplane) is { Value: not null } biplane ? biplane : Measure(MeasureNames.EfA4c);
        return Differ("ef_methods", regression, traced, options.LargestEjectionFractionDifference, "ejection fraction by regression and by the method of discs", "points");
    }

    private ConsistencyCheck Planes() =>
        Differ("ef_planes", Measure(MeasureNames.EfA4c), Measure(MeasureNames.EfA2c), 1.5 * options.LargestEjectionFractionDifference, "ejection fraction in A4C and in A2C", "points");

    private ConsistencyCheck Lengths()
    {
        if (readings.FourChamber?.EndDiastole?.Trace is not { HasPhysicalSize: true } four || readings.TwoChamber?.EndDiastole?.Trace is not { HasPhysicalSize: true } two)
        {
            return NotPossible("axis_lengths", "The long axes of A4C and A2C cannot be compared: one is missing.");
        }

        double share = SimpsonVolume.LengthDisagreement(four, two);
        string sentence = Text($"The long axis is {four.Length:0} mm in A4C and {two.Length:0} mm in A2C, {100 * share:0} % apart");
        return share > options.LargestLengthDifference
            ? new ConsistencyCheck("axis_lengths", CheckOutcome.Failed, $"{sentence}: the shorter view is probably foreshortened (limit {100 * options.LargestLengthDifference:0} %).")
            : new ConsistencyCheck("axis_lengths", CheckOutcome.Passed, $"{sentence}.");
    }

    private ConsistencyCheck Ranges()
    {
        var known = Possible.Select(range => (range, Measure: Measure(range.Name))).Where(pair => pair.Measure?.Value is not null).ToArray();
        string[] outside = [.. known.Where(pair => pair.Measure!.Value < pair.range.Low || pair.Measure.Value > pair.range.High)
            .Select(pair => Text($"{pair.Measure!.Title} is {pair.Measure.Value:0.#} {pair.Measure.Unit} (possible {pair.range.Low:0} to {pair.range.High:0})"))];
        return known.Length == 0 ? NotPossible("possible_range", "There is no value to compare with what is possible.")
            : outside.Length == 0 ? new ConsistencyCheck("possible_range", CheckOutcome.Passed, "All values are possible in an adult.")
            : new ConsistencyCheck("possible_range", CheckOutcome.Failed, string.Join("; ", outside) + ".");
    }

    private ConsistencyCheck Phases()
    {
        (string Name, string D, string S)[] pairs = [("the cavity's diameter", MeasureNames.LvidD, MeasureNames.LvidS), ("the volume in A4C", MeasureNames.EdvA4c, MeasureNames.EsvA4c), ("the volume in A2C", MeasureNames.EdvA2c, MeasureNames.EsvA2c), ("the long axis", MeasureNames.LvLengthD, MeasureNames.LvLengthS)];
        var known = pairs.Where(pair => Measure(pair.D)?.Value is not null && Measure(pair.S)?.Value is not null).ToArray();
        string[] wrong = [.. known.Where(pair => !(Measure(pair.S)!.Value < Measure(pair.D)!.Value)).Select(pair => pair.Name)];
        return known.Length == 0 ? NotPossible("phases", "End diastole and end systole cannot be compared.")
            : wrong.Length == 0 ? new ConsistencyCheck("phases", CheckOutcome.Passed, "Everything is smaller at end systole than at end diastole.")
            : new ConsistencyCheck("phases", CheckOutcome.Failed, $"At end systole {string.Join(", ", wrong)} is not smaller than at end diastole.");
    }

    private ConsistencyCheck HeartRates()
    {
        var measured = Measure(MeasureNames.HeartRate);
        double? said = readings.Clips.Select(clip => clip.Facts.HeartRateBpm).FirstOrDefault(rate => rate is > 0);
        if (measured is not { Value: { } rate, Beats: not null } || said is not { } file)
        {
            return NotPossible("heart_rate", "The heart rate of the beats cannot be compared with the file's: one is missing.");
        }

        bool agrees = Math.Abs(rate - file) <= Math.Max(8, 0.15 * file);
        return new ConsistencyCheck("heart_rate", agrees ? CheckOutcome.Passed : CheckOutcome.Failed, Text($"The beats make {rate:0} a minute, the file says {file:0}."));
    }

    private ConsistencyCheck OnePatient()
    {
        int known = readings.Clips.Count(clip => clip.Facts.Dicom is not null);
        return known == 0 ? NotPossible("one_patient", "No clip says whose it is: that all are of one patient is taken for granted.")
            : readings.IsMixed ? new ConsistencyCheck("one_patient", CheckOutcome.Failed, "The clips are of more than one patient or examination: views are not combined, and the report should not be used for either.")
            : new ConsistencyCheck("one_patient", CheckOutcome.Passed, "All DICOM clips are of one examination.");
    }

    private static ConsistencyCheck Differ(string code, StudyMeasure? first, StudyMeasure? second, double limit, string what, string unit)
    {
        if (first?.Value is not { } a || second?.Value is not { } b)
        {
            return NotPossible(code, $"The {what} cannot be compared: one is missing.");
        }

        double difference = Math.Abs(a - b);
        return difference > limit
            ? new ConsistencyCheck(code, CheckOutcome.Failed, Text($"The {what} differ by {difference:0} {unit} ({a:0} and {b:0}; limit {limit:0})."))
            : new ConsistencyCheck(code, CheckOutcome.Passed, Text($"The {what} agree within {difference:0} {unit} ({a:0} and {b:0})."));
    }

    private static ConsistencyCheck NotPossible(string code, string sentence) => new(code, CheckOutcome.NotPossible, sentence);

    private StudyMeasure? Measure(string name) => measures.FirstOrDefault(measure => measure.Name == name);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
