using EchoApex.Cli.Curve;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Curve;

public sealed class CurveFileTests
{
    private static readonly CurveRow Row = new("easy", "dino", 1, 3000, 10.25, new(0.5, 0.45, 0.55), new(0.6, 0.5, 0.7), new(double.NaN, double.NaN, double.NaN), new(0.3, 0.2, 0.4));

    [Test]
    public void Add_Rows_ReadBackAndReplaceThoseOfTheirKey()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("curve.csv");
        CurveFile.Add(path, [Row, Row with { Seed = 2 }]);
        var better = Row with { Knn = new(0.55, 0.5, 0.6) };
        var all = CurveFile.Add(path, [better, Row with { Steps = 6000, CpuMinutes = double.NaN }]);
        Assert.That(all, Is.EqualTo(new[] { better, Row with { Seed = 2 }, Row with { Steps = 6000, CpuMinutes = double.NaN } }));
        Assert.That(CurveFile.Read(path), Is.EqualTo(all));
        Assert.That(File.ReadAllLines(path)[1], Is.EqualTo("easy,dino,1,3000,10.25,0.55,0.5,0.6,0.6,0.5,0.7,,,,0.3,0.2,0.4"));
    }

    [TestCase("level,method\n", "line 1")]
    [TestCase("HEADER\neasy,dino,1\n", "line 2")]
    [TestCase("HEADER\n\neasy,dino,x,3000,1,,,,,,,,,,,,\n", "line 3")]
    public void Read_OtherFile_NamesTheLine(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("curve.csv"), text.Replace("HEADER", CurveRow.Header, StringComparison.Ordinal));
        Assert.That(() => CurveFile.Read(folder.File("curve.csv")), Throws.TypeOf<DataException>().With.Message.Contains(expected));
    }

    [Test]
    public void StepsOf_Minutes_AreFixedByTheTable()
    {
        Assert.That(CurveMethod.Dino.StepsOf(10), Is.EqualTo(5400));
        Assert.That(CurveMethod.Dinov2.StepsOf(10), Is.EqualTo(10 * CurveMethod.Dinov2.StepsPerMinute));

        // Half of the steps each: both halves together take the ten minutes.
        int steps = CurveMethod.DinoDinov2.StepsOf(10);
        Assert.That((steps / 2.0 / CurveMethod.Dino.StepsPerMinute) + (steps / 2.0 / CurveMethod.Dinov2.StepsPerMinute), Is.EqualTo(10).Within(0.01));
        Assert.That(() => CurveMethod.Of("dyno"), Throws.TypeOf<ConfigurationException>().With.Message.Contains("dino, dinov2"));
    }

    [Test]
    public void Panel_RowsOfTwoSeeds_AverageAndBaselinesAreDashed()
    {
        CurveRow[] rows =
        [
            Row, Row with { Seed = 2, CpuMinutes = 11.75, Knn = new(0.7, 0.6, 0.8) }, Row with { Steps = 54_000, CpuMinutes = double.NaN },
            Row with { Method = CurveRow.RawPixels, Steps = 0, CpuMinutes = 0, Knn = new(0.65, 0.6, 0.7) },
        ];
        var chart = CurveReport.Panel("easy", "k-NN", rows, row => row.Knn.Estimate);
        Assert.That(chart.Series[0].X, Is.EqualTo(new[] { 11.0, 100.0 }).Within(1e-9), "without a measurement the steps' budget stands");
        Assert.That(chart.Series[0].Y, Is.EqualTo(new[] { 0.6, 0.5 }).Within(1e-9));
        Assert.That((chart.Series[1].Dashed, chart.Series[1].Y[0], chart.LogarithmicX), Is.EqualTo((true, 0.65, true)));
        Assert.That(CurveReport.Text(rows), Does.Contain("| easy | raw pixels | 1 | - | - | 65.0 [60.0, 70.0] |").And.Contain("| easy | dino | 1 | 54000 | ? |"));
    }
}
