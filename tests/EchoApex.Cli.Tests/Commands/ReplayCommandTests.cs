using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

[NoTensorLeaks]
[NonParallelizable]
public sealed class ReplayCommandTests
{
    [Test]
    public void Replay_CaptureOfADivergedRun_ReproducesItAndNamesTheFault()
    {
        using var folder = new TemporaryFolder();
        CommandLine.Run("phantom", "--count", "4", "--size", "64", "--frames", "3", "--format", "dicom", "--out", folder.File("clips"));
        string[] absurd = ["learning_rate=100", "final_learning_rate=100", "weight_decay=10", "final_weight_decay=10", "warmup_epochs=0"];
        var run = CommandLine.Run(["pretrain", "--preset", "smoke-cpu", "--data", folder.File("clips"), "--out", folder.File("run"), .. absurd.SelectMany(value => new[] { "--set", "optimization." + value })]);
        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output);
        Assert.That(run.Error, Does.StartWith("error: Training diverged at step ").And.Contain("echoapex replay "));
        string capture = Directory.GetDirectories(Path.Combine(folder.File("run"), "divergence")).Single();

        var replay = CommandLine.Run("replay", capture);
        Assert.That(replay.ExitCode, Is.Zero, replay.Error);
        Assert.That(replay.Output, Does.Contain("first non-finite term: ").And.Contain("non-finite gradients (").And.EndsWith("reproduced to the last bit" + Environment.NewLine));
        Assert.That(replay.Output, Does.Not.Contain("first non-finite term: none"));
        Assert.That(CommandLine.Run("replay", folder.File("run")).Output, Is.EqualTo(capture + Environment.NewLine + replay.Output));
    }

    [Test]
    public void Replay_NoCapture_IsOneError()
    {
        using var folder = new TemporaryFolder();
        var result = CommandLine.Run("replay", folder.Path);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "")));
        Assert.That(result.Error, Does.Contain("is not the capture of a diverged step: config.yaml is missing"));
    }
}
