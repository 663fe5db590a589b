using EchoApex.Core.Charts;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Charts;

public sealed class MetricsFileTests
{
    [Test]
    public void Read_NestedNumbers_AreNamedByTheirPath()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("metrics.jsonl"), """
            {"step": 1, "lr": 0.1, "loss": {"dino": 5.5, "koleo": 1}, "note": "text", "done": false}
            {"step": 2, "lr": 0.2, "loss": {"dino": 5.25}}
            """);
        var metrics = MetricsFile.Read(folder.Path);
        Assert.That(metrics.Series.Select(series => series.Name), Is.EqualTo(new[] { "lr", "loss.dino", "loss.koleo" }));
        Assert.That(metrics.Series[1].X, Is.EqualTo(new double[] { 1, 2 }));
        Assert.That(metrics.Series[1].Y, Is.EqualTo(new[] { 5.5, 5.25 }));
        Assert.That(metrics.Series[2].X, Is.EqualTo(new double[] { 1 }));
    }

    [Test]
    public void Read_Null_IsAGap()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("m.jsonl"), "{\"step\": 1, \"a\": 1}\n{\"step\": 2, \"a\": null}\n");
        Assert.That(MetricsFile.Read(folder.File("m.jsonl")).Series[0].Y, Is.EqualTo(new[] { 1, double.NaN }));
    }

    [Test]
    public void Read_CutLastLine_IsCountedAndLeftOut()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("m.jsonl"), "{\"step\": 1, \"lr\": 0.1}\n{\"step\": 2, \"l");
        var metrics = MetricsFile.Read(folder.File("m.jsonl"));
        Assert.That((metrics.LineCount, metrics.UnreadableLines), Is.EqualTo((2, 1)));
        Assert.That(metrics.Series[0].Y, Is.EqualTo(new[] { 0.1 }));
    }

    [Test]
    public void Read_ResumedRun_KeepsWhatCameLast()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("m.jsonl"), "{\"step\": 1, \"a\": 1}\n{\"step\": 2, \"a\": 2}\n{\"step\": 3, \"a\": 3}\n{\"step\": 2, \"a\": 20}\n{\"step\": 3, \"a\": 30}\n");
        var series = MetricsFile.Read(folder.File("m.jsonl")).Series[0];
        Assert.That(series.X, Is.EqualTo(new double[] { 1, 2, 3 }));
        Assert.That(series.Y, Is.EqualTo(new double[] { 1, 20, 30 }));
    }

    [TestCase("")]
    [TestCase("not json\n")]
    [TestCase("[1, 2]\n{\"lr\": 3}\n{\"step\": \"x\"}\n")]
    public void Read_NoUsableLine_IsOneClearError(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("m.jsonl"), text);
        Assert.That(() => MetricsFile.Read(folder.File("m.jsonl")), Throws.TypeOf<DataException>().With.Message.Contains("step"));
    }

    [Test]
    public void Read_FolderWithoutMetrics_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => MetricsFile.Read(folder.Path), Throws.TypeOf<DataException>().With.Message.Contains("metrics.jsonl"));
    }

    [TestCase("loss", "loss")]
    [TestCase("loss.dino", "loss")]
    [TestCase("loss_koleo", "loss")]
    [TestCase("dino_loss", "loss")]
    [TestCase("teacher.entropy", "teacher")]
    [TestCase("koleo", "loss")]
    [TestCase("accuracy", "accuracy")]
    [TestCase("learning_rate", "schedules, each over its own range")]
    [TestCase("teacher_temperature", "schedules, each over its own range")]
    [TestCase("ibot_teacher_entropy", "teacher entropy (nats)")]
    [TestCase("gradient_norm_head", "gradient norms before clipping")]
    [TestCase("share_data", "shares of a step's time")]
    [TestCase("loader_wait", "shares of the loader threads' time")]
    public void GroupOf_Names_PutsTogetherWhatIsReadSideBySide(string name, string group) =>
        Assert.That(RunChart.GroupOf(name), Is.EqualTo(group));

    [Test]
    public void ByRange_LinesFarApart_GetTheirOwnPanel()
    {
        LineSeries total = new("total", [1, 2], [6.2, 5.8]), dino = new("dino", [1, 2], [6.1, 5.7]), koleo = new("koleo", [1, 2], [0.1, 0.12]);
        Assert.That(RunChart.ByRange([total, koleo, dino]), Is.EqualTo(new[] { new[] { total, dino }, [koleo] }));
    }

    [Test]
    public void OverOwnRange_Schedules_RunFromZeroToOneAndSayTheirRange()
    {
        var rate = RunChart.OverOwnRange(new LineSeries("learning_rate", [1, 2, 3], [0.0002, 0.002, double.NaN]));
        Assert.That((rate.Name, rate.Y), Is.EqualTo(("learning_rate 2e-4 to 0.002", new[] { 0, 1, double.NaN })));
        var constant = RunChart.OverOwnRange(new LineSeries("weight_decay", [1, 2], [0.04, 0.04]));
        Assert.That((constant.Name, constant.Y), Is.EqualTo(("weight_decay 0.04", new[] { 0.5, 0.5 })));
    }

    [Test]
    public void Render_Run_HasAPanelAGroup()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("metrics.jsonl"), Enumerable.Range(0, 50).Select(i => $"{{\"step\": {i}, \"epoch\": 0, \"lr\": {0.001 * i}, \"loss\": {{\"a\": {i % 3}, \"b\": 2}}, \"images_per_second\": 5}}"));
        var picture = RunChart.Render(MetricsFile.Read(folder.Path), "run");
        Assert.That((picture.Width, picture.Height), Is.EqualTo((960, 640)));
    }
}
