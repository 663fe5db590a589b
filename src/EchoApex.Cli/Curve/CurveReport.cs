using System.Globalization;
using System.Text;
using EchoApex.Core.Charts;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Curve;

/// <summary>curve.md and curve.png of a learning curve.</summary>
internal static class CurveReport
{
    private static readonly (string Title, Func<CurveRow, double> Value)[] Panels =
    [
        ("k-NN accuracy %", row => 100 * row.Knn.Estimate),
        ("linear probe accuracy %", row => 100 * row.Linear.Estimate),
        ("patch probe mIoU %", row => 100 * row.Miou.Estimate),
    ];

    /// <summary>Writes both files.</summary>
    public static void Write(string folder, IReadOnlyList<CurveRow> rows)
    {
        AtomicOutput.WriteText(Path.Combine(folder, "curve.md"), Text(rows));
        Picture(rows).Save(Path.Combine(folder, "curve.png"));
    }

    /// <summary>The table as Markdown.</summary>
    internal static string Text(IReadOnlyList<CurveRow> rows)
    {
        var text = new StringBuilder("""
            # Learning curve on phantoms

            Percent with 95 % bootstrap intervals over test clips; probes are fitted on labelled phantoms, their L2 is chosen on
            validation phantoms, nothing on test phantoms. A seed stands for its own phantoms, weights and batches. mIoU: linear
            segmentation by patch features, mean over the structures that occur, background left out. CPU minutes: processor time of
            training / 2, the minutes that two busy cores take. Phantoms are not patients.

            | level | method | seed | steps | CPU minutes | k-NN | linear | cls + mean patch, linear | mIoU |
            |---|---|---|---|---|---|---|---|---|

            """);
        foreach (var row in Sorted(rows))
        {
            string minutes = double.IsNaN(row.CpuMinutes) ? "?" : row.CpuMinutes.ToString("0.0", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"| {row.Level} | {row.Method} | {row.Seed} | {(row.IsBaseline ? "-" : row.Steps)} | {(row.IsBaseline ? "-" : minutes)} | {row.Knn} | {row.Linear} | {row.ClsMeanLinear} | {row.Miou} |\n");
        }

        return text.Append("\n![curve](curve.png)\n").ToString();
    }

    private static ChartPicture Picture(IReadOnlyList<CurveRow> rows)
    {
        var charts = new List<IChart>();
        foreach (var level in Sorted(rows).GroupBy(row => row.Level))
        {
            charts.AddRange(Panels.Select(panel => Panel(level.Key, panel.Title, [.. level], panel.Value)));
        }

        return ChartPicture.Grid(charts, Panels.Length, 460, 340, "Learning curve on phantoms (mean over seeds; dashed: baselines)");
    }

    /// <summary>One curve a method over CPU minutes, the mean over seeds at each number of steps; baselines as dashed lines across.</summary>
    internal static LineChart Panel(string level, string title, IReadOnlyList<CurveRow> rows, Func<CurveRow, double> value)
    {
        var series = new List<LineSeries>();
        foreach (var method in rows.Where(row => !row.IsBaseline && !double.IsNaN(Minutes(row))).GroupBy(row => row.Method))
        {
            var points = method.GroupBy(row => row.Steps).Select(same => (X: same.Average(Minutes), Y: same.Average(value))).OrderBy(point => point.X).ToArray();
            series.Add(new LineSeries(method.Key, [.. points.Select(point => point.X)], [.. points.Select(point => point.Y)]) { Marked = true });
        }

        double[] xs = [.. series.SelectMany(line => line.X)];
        double right = xs.Length == 0 ? 1 : xs.Max();
        double left = xs.Length > 0 && xs.Min() < right ? xs.Min() : 0;
        foreach (var baseline in rows.Where(row => row.IsBaseline).GroupBy(row => row.Method))
        {
            double mean = baseline.Average(value);
            series.Add(new LineSeries(baseline.Key, [left, right], [mean, mean]) { Dashed = true });
        }

        return new LineChart { Title = $"{level}: {title}", XTitle = "CPU minutes on two cores", Series = series, LogarithmicX = left > 0 && right / left >= 8 };
    }

    // Where nobody knows what a run took, its steps stand for the minutes that a budget of as many steps has.
    private static double Minutes(CurveRow row) =>
        !double.IsNaN(row.CpuMinutes) ? row.CpuMinutes
        : CurveMethod.All.FirstOrDefault(method => method.Name == row.Method) is { } method ? row.Steps / method.StepsPerMinute : double.NaN;

    private static IEnumerable<CurveRow> Sorted(IEnumerable<CurveRow> rows) => rows
        .OrderBy(row => Array.IndexOf(["easy", "medium", "hard"], row.Level))
        .ThenBy(row => !row.IsBaseline)
        .ThenBy(row => row.Method, StringComparer.Ordinal)
        .ThenBy(row => row.Steps)
        .ThenBy(row => row.Seed);
}
