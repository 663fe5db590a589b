using System.Runtime.InteropServices;
using EchoApex.Cli.Commands;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>Commands under mpirun.</summary>
public sealed partial class DistributedRunTests
{
    private static readonly string Program = typeof(PretrainCommand).Assembly.Location;

    [Test]
    public void Collectives_TwoProcesses_FindEachOther()
    {
        var outcome = MpiRun.Run(2, Program, "collectives", "--quick").RequireSuccess();
        Assert.That(outcome.Output, Does.Contain("2 processes (mpirun (Open MPI)), MPI (Open MPI").And.Contain("values are right").And.Contain("process 1: "));
    }

    [Test]
    public void Pretrain_TwoProcesses_TrainOneRunAndPrintOnce()
    {
        using var folder = new TemporaryFolder();
        Assert.That(CommandLine.Run("phantom", "--count", "6", "--size", "64", "--frames", "4", "--format", "dicom", "--out", folder.File("clips")).ExitCode, Is.Zero);
        string[] arguments = ["pretrain", "--preset", "smoke-cpu", "--data", folder.File("clips"), "--out", folder.File("run"), "--set", "optimization.epochs=1", "--set", "optimization.steps_per_epoch=4", "--set", "optimization.warmup_epochs=0"];

        var outcome = MpiRun.Run(2, Program, arguments).RequireSuccess();

        Assert.That(outcome.Output.Split("Done: 4 steps"), Has.Length.EqualTo(2), outcome.Output);
        Assert.That(outcome.Output, Does.Contain("processes: 2, MPI ("));
        Assert.That(File.Exists(folder.File("run/model/model.safetensors")), Is.True);
        var again = MpiRun.Run(2, Program, arguments);
        Assert.That(again.ExitCode, Is.Not.Zero);
        Assert.That(again.Errors, Does.Contain("of 2: error: The run folder").Or.Contain("process 0 could not open the run folder"));
    }

    [Test]
    public void Pretrain_UserSignalToTheLauncher_StopsAllWithACheckpoint()
    {
        MpiRun.Require();
        using var folder = new TemporaryFolder();
        Assert.That(CommandLine.Run("phantom", "--count", "6", "--size", "64", "--frames", "4", "--format", "dicom", "--out", folder.File("clips")).ExitCode, Is.Zero);
        using var process = MpiRun.Start(2, Program, "pretrain", "--preset", "smoke-cpu", "--data", folder.File("clips"), "--out", folder.File("run"), "--set", "optimization.epochs=1000", "--set", "run.log_every=1");
        string metrics = folder.File("run/metrics.jsonl");
        for (int wait = 0; wait < 6000 && !process.HasExited && !File.Exists(metrics); wait++)
        {
            Thread.Sleep(10);
        }

        Assert.That(SendSignal(process.Id, 10), Is.Zero);
        var outcome = MpiRun.Finish(process);

        Assert.That(outcome.ExitCode, Is.EqualTo(130), outcome.Output + outcome.Errors);
        Assert.That(outcome.Output, Does.Contain("Stopped after step"));
        Assert.That(Directory.GetDirectories(folder.File("run/checkpoints")), Has.Length.EqualTo(1));
    }

    [Test]
    public void Pretrain_BatchThatDoesNotDivide_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(CommandLine.Run("phantom", "--count", "2", "--size", "64", "--frames", "4", "--format", "dicom", "--out", folder.File("clips")).ExitCode, Is.Zero);

        var outcome = MpiRun.Run(2, Program, "pretrain", "--preset", "smoke-cpu", "--data", folder.File("clips"), "--out", folder.File("run"), "--set", "optimization.batch_size=7");

        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Errors, Does.Contain("7 samples do not divide among 2 processes"));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
