using EchoApex.Cli.Curve;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Rows of a learning curve at their smallest: every part runs, nothing is learnt.</summary>
[Category("Integration")]
public sealed class LearningCurveCommandTests
{
    private static readonly string[] Small = ["--pretrain-clips", "24", "--train-clips", "30", "--validation-clips", "12", "--test-clips", "12", "--label", "tiny", "--set", "optimization.batch_size=4", "run.tensor_board=false"];

    [Test]
    public void LearningCurve_RowsOfEachMethod_ShareDataAndFillTheFiles()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("curve");
        Row(output, "--method", "dino-dinov2", "--steps", "4");
        string csv = Path.Combine(output, "curve.csv");
        Assert.That(CurveFile.Read(csv).Select(row => (row.Method, row.Steps)), Is.EqualTo(new[] { ("raw pixels", 0L), ("untrained", 0), ("tiny", 4) }));
        var first = CurveFile.Read(csv)[2];
        Assert.That(new[] { first.Knn.Estimate, first.Linear.Estimate, first.ClsMeanLinear.Estimate, first.Miou.Estimate }, Is.All.InRange(0.0, 1.0));
        Assert.That(first.CpuMinutes, Is.Not.Negative.And.Not.NaN);
        Assert.That(Directory.GetDirectories(Path.Combine(output, "data")), Has.Length.EqualTo(4));

        // The same row again: phantoms and runs are found, the row is replaced by an equal one.
        DateTime made = File.GetLastWriteTimeUtc(Path.Combine(output, "runs", "easy-tiny-dino-seed0-2", "config.yaml"));
        Row(output, "--method", "dino-dinov2", "--steps", "4");
        Assert.That(CurveFile.Read(csv)[2] with { CpuMinutes = 0 }, Is.EqualTo(first with { CpuMinutes = 0 }));
        Assert.That(File.GetLastWriteTimeUtc(Path.Combine(output, "runs", "easy-tiny-dino-seed0-2", "config.yaml")), Is.EqualTo(made));

        // Its second stage as a given run: the steps of both stages, the same scores.
        var given = CommandLine.Run(["learning-curve", "--out", output, "--run", Path.Combine(output, "runs", "easy-tiny-dino-dinov2-seed0-4"), "--cpu-minutes", "7", .. Small[..8]]);
        Assert.That(given.ExitCode, Is.Zero, given.Error);
        Assert.That(CurveFile.Read(csv)[3], Is.EqualTo(first with { Method = "dino-dinov2", CpuMinutes = 7 }));

        Row(output, "--method", "supervised", "--steps", "2");
        Assert.That(CurveFile.Read(csv).Select(row => row.Steps), Is.EqualTo(new[] { 0, 0, 4, 4, 2 }));
        Assert.That(File.ReadAllText(Path.Combine(output, "curve.md")), Does.Contain("| easy | tiny | 0 | 4 |"));
        Assert.That(new FileInfo(Path.Combine(output, "curve.png")).Length, Is.GreaterThan(1000));
    }

    [Test]
    public void LearningCurve_RowOfAResNet_StandsBesideItsStartWithBothStatistics()
    {
        using var folder = new TemporaryFolder();
        string output = folder.File("curve");
        Row(output, "--method", "dino-resnet50", "--steps", "2", "--set", "backbone.architecture=resnet_custom", "--set", "backbone.embed_dim=512", "--set", "backbone.depth=1");
        Assert.That(CurveFile.Read(Path.Combine(output, "curve.csv")).Select(row => row.Method), Is.EqualTo(new[] { "raw pixels", "untrained resnet_custom zero_residual", "untrained resnet_custom zero_residual on data", "tiny" }));
    }

    [TestCase("--method", "--method dyno --steps 4")]
    [TestCase("name what to train", "--steps 4")]
    [TestCase("budget", "--method dino")]
    [TestCase("budget", "--method dino --steps 4 --minutes 1")]
    [TestCase("--label", "--method dino --steps 4 --set seed=1")]
    [TestCase("--level 'huge'", "--method dino --steps 4 --level huge")]
    [TestCase("--test-clips is 6", "--method dino --steps 4 --test-clips 6")]
    public void LearningCurve_BadArguments_SayWhatIsWrong(string expected, string arguments)
    {
        using var folder = new TemporaryFolder();
        var result = CommandLine.Run(["learning-curve", "--out", folder.File("curve"), .. arguments.Split(' ')]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(expected));
        Assert.That(Directory.Exists(folder.File("curve")), Is.False);
    }

    private static void Row(string output, params string[] arguments)
    {
        var result = CommandLine.Run(["learning-curve", "--out", output, .. arguments, .. Small]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
    }
}
