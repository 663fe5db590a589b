using System.Diagnostics;
using EchoApex.Testing;
using EchoApex.Training.Loop;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>A process that fails takes the run down, with the reason named.</summary>
public sealed class FaultTests
{
    [Test]
    public void Start_AnotherConfiguration_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        var outcome = Ranks.Run(2, "faults", "configuration", folder.Path);
        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Errors, Does.Contain("backbone.depth: process 0 has 2, process 1 has 3.").And.Contain("seed: process 0 has 11, process 1 has 5."));
        Assert.That(Directory.Exists(folder.File("run")), Is.False, "nothing was written");
    }

    [Test]
    public void Run_ExceptionOnOneProcess_EndsAllWithIt()
    {
        using var folder = new TemporaryFolder();
        var outcome = Ranks.Run(2, "faults", "exception", folder.Path);
        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Errors, Does.Contain("clip7.dcm").And.Contain("its disk is gone."));
    }

    [Test]
    public void Run_OneProcessKilled_OthersEndAtOnceAndNameIt()
    {
        using var folder = new TemporaryFolder();
        var clock = Stopwatch.StartNew();
        var outcome = Ranks.Run(2, "faults", "killed", folder.Path);
        TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:0.0} s in all. {outcome.Errors}");
        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Errors, Does.Contain("process 1 (number ").And.Contain("is gone").Or.Contain("exited on signal 9"));
    }

    [Test]
    public void Run_OneProcessLate_TimesOutAndNamesIt()
    {
        using var folder = new TemporaryFolder();
        var outcome = Ranks.Run(2, "faults", "late", folder.Path);
        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Errors, Does.Contain("waited 6 s").And.Contain("Missing: process 1 (number "));
    }

    [Test]
    public void Run_LossNotFinite_EndsAllProcessesWithACapture()
    {
        using var folder = new TemporaryFolder();
        var outcome = Ranks.Run(2, "faults", "divergence", folder.Path);
        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Errors, Does.Contain("TrainingDivergedException"));
        string[] captures = Directory.GetDirectories(folder.File("run/divergence"));
        Assert.That(captures, Is.Not.Empty);
        var report = StepReplay.Run(captures[0]);
        Assert.That(report.NonFiniteGradients.Any() || report.FirstNonFiniteTerm is not null, "one process's part repeats the fault");
    }

    [Test]
    public void Run_KilledAtRandomAndResumed_GivesTheCurveOfAnUninterruptedOne()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("ECHOAPEX_KILLS"), out int wanted) ? wanted : 2;
        using var whole = new TemporaryFolder();
        Ranks.Run(2, "train", whole.Path, "dinov2-sinkhorn").RequireSuccess();
        double[] expected = EqualityTests.Losses(whole.File("dinov2-sinkhorn"));
        var random = new Core.Runtime.RandomStream(7);
        double slowest = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using var folder = new TemporaryFolder();
            using var process = Ranks.Start(2, "train", folder.Path, "dinov2-sinkhorn");
            string run = folder.File("dinov2-sinkhorn");
            int steps = random.NextInt32(TrainScenario.Steps - 3);
            while (!process.HasExited && Steps(run) < steps)
            {
                Thread.Sleep(2);
            }

            Kill(run, random.NextInt32(2));
            var clock = Stopwatch.StartNew();
            var outcome = MpiRun.Finish(process);
            slowest = Math.Max(slowest, clock.Elapsed.TotalSeconds);
            if (outcome.ExitCode != 0)
            {
                Ranks.Run(2, "train", folder.Path, "resume:dinov2-sinkhorn").RequireSuccess();
            }

            Assert.That(EqualityTests.Losses(run), Is.EqualTo(expected), $"kill {kill} near step {steps}");
        }

        TestContext.Out.WriteLine($"{kills} kills, the slowest end after {slowest:0.0} s");
    }

    private static int Steps(string run)
    {
        string file = Path.Combine(run, "metrics.jsonl");
        if (!File.Exists(file))
        {
            return -1;
        }

        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Count(letter => letter == '\n');
    }

    private static void Kill(string run, int rank)
    {
        string file = Path.Combine(run, "ranks", $"rank-{rank:00000}.json");
        for (int attempt = 0; attempt < 500 && !File.Exists(file); attempt++)
        {
            Thread.Sleep(10);
        }

        using var entry = System.Text.Json.JsonDocument.Parse(File.ReadAllText(file));
        try
        {
            using var victim = Process.GetProcessById(entry.RootElement.GetProperty("process").GetInt32());
            victim.Kill();
        }
        catch (ArgumentException)
        {
            // It was faster.
        }
    }
}
