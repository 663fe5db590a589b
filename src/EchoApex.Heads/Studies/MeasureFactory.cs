namespace EchoApex.Heads.Studies;

/// <summary>Makes values and abstentions of one form.</summary>
internal static class MeasureFactory
{
    private const string Discs = "method of discs (modified Simpson), masks";

    private static readonly Dictionary<string, (string Title, string Unit, string Method)> Known = new()
    {
        [MeasureNames.EfBiplane] = ("LV ejection fraction, biplane", "%", $"biplane {Discs}"),
        [MeasureNames.EfRegression] = ("LV ejection fraction, regression", "%", "network on the A4C clip"),
        [MeasureNames.EfA4c] = ("LV ejection fraction, A4C", "%", $"single-plane {Discs}"),
        [MeasureNames.EfA2c] = ("LV ejection fraction, A2C", "%", $"single-plane {Discs}"),
        [MeasureNames.EdvBiplane] = ("LV end-diastolic volume, biplane", "mL", $"biplane {Discs}"),
        [MeasureNames.EsvBiplane] = ("LV end-systolic volume, biplane", "mL", $"biplane {Discs}"),
        [MeasureNames.EdvA4c] = ("LV end-diastolic volume, A4C", "mL", $"single-plane {Discs}"),
        [MeasureNames.EsvA4c] = ("LV end-systolic volume, A4C", "mL", $"single-plane {Discs}"),
        [MeasureNames.EdvA2c] = ("LV end-diastolic volume, A2C", "mL", $"single-plane {Discs}"),
        [MeasureNames.EsvA2c] = ("LV end-systolic volume, A2C", "mL", $"single-plane {Discs}"),
        [MeasureNames.StrokeVolume] = ("Stroke volume", "mL", "end-diastolic less end-systolic volume"),
        [MeasureNames.CardiacOutput] = ("Cardiac output", "L/min", "stroke volume times heart rate"),
        [MeasureNames.HeartRate] = ("Heart rate", "/min", "time between end diastoles"),
        [MeasureNames.LvLengthD] = ("LV long axis, end diastole", "mm", "annulus to apex in A4C, mask"),
        [MeasureNames.LvLengthS] = ("LV long axis, end systole", "mm", "annulus to apex in A4C, mask"),
        [MeasureNames.LvAreaD] = ("LV area, end diastole", "cm2", "mask in A4C"),
        [MeasureNames.LvAreaS] = ("LV area, end systole", "cm2", "mask in A4C"),
        [MeasureNames.FractionalAreaChange] = ("LV fractional area change", "%", "areas in A4C"),
        [MeasureNames.LaAreaA4c] = ("LA area, end systole", "cm2", "mask in A4C"),
        [MeasureNames.IvsD] = ("Septum, end diastole", "mm", "landmarks in PLAX"),
        [MeasureNames.LvidD] = ("LV internal diameter, end diastole", "mm", "landmarks in PLAX"),
        [MeasureNames.LvpwD] = ("Posterior wall, end diastole", "mm", "landmarks in PLAX"),
        [MeasureNames.IvsS] = ("Septum, end systole", "mm", "landmarks in PLAX"),
        [MeasureNames.LvidS] = ("LV internal diameter, end systole", "mm", "landmarks in PLAX"),
        [MeasureNames.LvpwS] = ("Posterior wall, end systole", "mm", "landmarks in PLAX"),
        [MeasureNames.FractionalShortening] = ("Fractional shortening", "%", "internal diameters in PLAX"),
        [MeasureNames.LvMass] = ("LV mass", "g", "cube formula (ASE 2015)"),
        [MeasureNames.LvMassIndex] = ("LV mass index", "g/m2", "mass by body surface area"),
        [MeasureNames.RelativeWallThickness] = ("Relative wall thickness", "1", "twice the posterior wall over the diameter"),
    };

    /// <summary>All names, in the order of a report.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    /// <summary>A value; a value that is not finite is an abstention.</summary>
    public static StudyMeasure Value(string name, double value, IReadOnlyList<FrameSource> sources, double? confidence = null) =>
        double.IsFinite(value)
            ? Bare(name) with { Value = value, Sources = sources, Confidence = confidence is { } trust ? Math.Clamp(trust, 0, 1) : null }
            : Abstain(name, "the value is not finite: what it is computed from is degenerate.");

    /// <summary>An abstention.</summary>
    public static StudyMeasure Abstain(string name, string reason) => Bare(name) with { Abstention = reason.TrimEnd('.') + "." };

    private static StudyMeasure Bare(string name) => new() { Name = name, Title = Known[name].Title, Unit = Known[name].Unit, Method = Known[name].Method };
}
