using System.Globalization;
using System.Text;
using EchoApex.Core.Phantoms;
using EchoApex.Heads.Studies;

namespace EchoApex.Cli.Demo;

/// <summary>Measured values of phantom examinations beside what is true of them.</summary>
internal sealed class DemoStudyTable
{
    private static readonly (string Name, string Title)[] Rows =
    [
        (MeasureNames.EfRegression, "EF, regression, %"), (MeasureNames.EfBiplane, "EF, biplane discs, %"), (MeasureNames.EfA4c, "EF, A4C discs, %"),
        (MeasureNames.EdvA4c, "EDV, A4C, mL"), (MeasureNames.EsvA4c, "ESV, A4C, mL"), (MeasureNames.EdvBiplane, "EDV, biplane, mL"),
        (MeasureNames.LvidD, "LVIDd, mm"), (MeasureNames.IvsD, "IVSd, mm"), (MeasureNames.LvpwD, "LVPWd, mm"), (MeasureNames.HeartRate, "heart rate, /min"),
    ];

    private readonly List<(StudyResult Study, Dictionary<string, double> Truth, int RightViews, int Clips)> _examinations = [];

    /// <summary>Adds an examination; its clips are in the order of the phantoms.</summary>
    public void Add(StudyResult study, IReadOnlyList<PhantomClip> phantoms)
    {
        int right = study.Clips.Zip(phantoms).Count(pair => pair.First.View is { } view && (view == pair.Second.Truth.View.ToString() || view == Heads.ViewClassification.EchoViews.CodeOf(pair.Second.Truth.View.ToString())));
        _examinations.Add((study, Truth(phantoms), right, phantoms.Count));
    }

    /// <summary>The table.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine($"| value | truth of the first | measured | mean error of {_examinations.Count} | mean absolute error | given in |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (var (name, title) in Rows)
        {
            double[] errors = [.. _examinations.Where(item => item.Study.Find(name)?.Value is not null && item.Truth.ContainsKey(name)).Select(item => item.Study.Find(name)!.Value!.Value - item.Truth[name])];
            var first = _examinations[0];
            string truth = first.Truth.TryGetValue(name, out double known) ? Number(known) : "-";
            string measured = first.Study.Find(name)?.Value is { } value ? Number(value) : "not given";
            text.AppendLine(errors.Length == 0
                ? $"| {title} | {truth} | {measured} | - | - | 0 of {_examinations.Count} |"
                : $"| {title} | {truth} | {measured} | {Signed(errors.Average())} | {Number(errors.Average(Math.Abs))} | {errors.Length} of {_examinations.Count} |");
        }

        text.AppendLine();
        text.AppendLine($"Views right: {_examinations.Sum(item => item.RightViews)} of {_examinations.Sum(item => item.Clips)} clips. Spread of the truth: EF {Spread(MeasureNames.EfBiplane)}, LVIDd {Spread(MeasureNames.LvidD)}: a model that always says the mean is wrong by about that. Trained for a few minutes, these models are weak; the figures say what such a budget gives, no more.");
        return text.ToString();
    }

    // The truth of lengths is that of the true end diastole, whichever frame was measured.
    private static Dictionary<string, double> Truth(IReadOnlyList<PhantomClip> phantoms)
    {
        var heart = phantoms[0].Truth;
        var truth = new Dictionary<string, double>
        {
            [MeasureNames.EfRegression] = heart.EjectionFractionPercent,
            [MeasureNames.EfBiplane] = heart.EjectionFractionPercent,
            [MeasureNames.EfA4c] = heart.EjectionFractionPercent,
            [MeasureNames.EdvA4c] = heart.EndDiastolicVolumeMl,
            [MeasureNames.EdvBiplane] = heart.EndDiastolicVolumeMl,
            [MeasureNames.EsvA4c] = heart.EndSystolicVolumeMl,
            [MeasureNames.HeartRate] = heart.HeartRateBpm,
        };
        var plax = phantoms.FirstOrDefault(phantom => phantom.Truth.View == PhantomView.PLAX)?.Truth;
        foreach (var (name, length) in new[] { (MeasureNames.LvidD, "lvid"), (MeasureNames.IvsD, "ivs"), (MeasureNames.LvpwD, "lvpw") })
        {
            if (plax is not null)
            {
                var points = plax.Landmarks[plax.EndDiastolicFrame].ToDictionary(point => point.Name);
                var (from, to) = (points[$"{length}_start"], points[$"{length}_end"]);
                truth[name] = plax.Spacing.XMm * Math.Sqrt(Math.Pow(to.X - from.X, 2) + Math.Pow(to.Y - from.Y, 2));
            }
        }

        return truth;
    }

    private string Spread(string name)
    {
        double[] values = [.. _examinations.Where(item => item.Truth.ContainsKey(name)).Select(item => item.Truth[name])];
        double mean = values.DefaultIfEmpty(0).Average();
        return Number(values.Select(value => Math.Abs(value - mean)).DefaultIfEmpty(0).Average());
    }

    // Rounded first: a negative number that rounds to nothing would be shown with two signs.
    private static string Signed(double value) => (Math.Round(value, 1) + 0.0).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
