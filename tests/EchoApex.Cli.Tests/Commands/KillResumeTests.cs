using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EchoApex.Core.Checkpoints;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary>
/// Kills the real process (SIGKILL) at random moments, resumes it, and asks for the numbers of a run that was left alone.
/// ECHOAPEX_KILLS is the number of kills (3 when unset), ECHOAPEX_KILL_SEED the seed of the moments (0).
/// </summary>
[Category("integration")]
[NonParallelizable]
public sealed class KillResumeTests
{
    private const int Steps = 40;
    private const int SigKillExit = 137;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private string _stage = "dino";

    private TimeSpan _start;
    private TimeSpan _step;

    [TestCase("dino")]
    [TestCase("dinov2")]
    public void Pretrain_KilledAtRandomMomentsAndResumed_EqualsAnUninterruptedRunToTheBit(string stage)
    {
        _stage = stage;
        using var folder = new TemporaryFolder();
        Assert.That(CommandLine.Run("phantom", "--count", "6", "--size", "64", "--frames", "4", "--format", "dicom", "--out", folder.File("clips")).ExitCode, Is.Zero);
        int kills = KilledProgram.Kills;
        var random = RandomStream.For(KilledProgram.Seed, "kills");
        string whole = folder.File("whole");
        RunWhole(folder, whole);

        int done = 0;
        int rounds = 0;
        while (done < kills)
        {
            string run = folder.File($"run{rounds++}");
            while (done < kills && KillOnce(folder, run, random, kills - done))
            {
                done++;
                CheckReadable(run);
            }

            Finish(folder, run);
            AssertSame(run, whole);
        }

        TestContext.Out.WriteLine($"{done} kills in {rounds} runs, every run equal to the uninterrupted one");
    }

    private void RunWhole(TemporaryFolder folder, string run)
    {
        var clock = Stopwatch.StartNew();
        using var process = Start(folder, run);
        Wait(process, () => LastStep(run) > 0, TimeSpan.Zero);
        _start = clock.Elapsed;
        Assert.That(process.WaitForExit(Limit), Is.True);
        Assert.That(process.ExitCode, Is.Zero);
        _step = (clock.Elapsed - _start) / Steps;
        Assert.That(LastStep(run), Is.EqualTo(Steps));
        TestContext.Out.WriteLine($"uninterrupted: first step after {_start.TotalSeconds:0.00} s, then {_step.TotalMilliseconds:0.0} ms a step");
    }

    // One kill in four falls somewhere in the start, where the run folder is made or restored; the others fall within the
    // time of a step after a random step further on. False when the run came to its end first.
    private bool KillOnce(TemporaryFolder folder, string run, RandomStream random, int killsLeft)
    {
        (long before, long from) = (LastStep(run), LastCheckpoint(run));
        if (from == Steps && Directory.Exists(Path.Combine(run, "model")))
        {
            return false;
        }

        int stride = Math.Max(1, 2 * (int)(Steps - from) / killsLeft);
        bool early = random.NextBoolean(0.25);
        long target = early ? long.MinValue : from + 1 + random.NextInt32(stride);
        var delay = random.Uniform(0, 1) * (early ? _start : _step);
        using var process = Start(folder, run);
        // A resumed run first cuts the lines beyond its checkpoint; before that, the old ones would count.
        bool started = early || before <= from || Wait(process, () => LastStep(run) < before, TimeSpan.Zero);
        bool running = started && Wait(process, () => early || LastStep(run) >= Math.Min(target, Steps), delay);
        if (running)
        {
            process.Kill();
        }

        Assert.That(process.WaitForExit(Limit), Is.True);
        TestContext.Out.WriteLine($"{Path.GetFileName(run)}: from step {from}, exit {process.ExitCode}, metrics to {LastStep(run)}, checkpoint {LastCheckpoint(run)}{(early ? ", in the start" : "")}");
        Assert.That(process.ExitCode, Is.AnyOf(0, SigKillExit));
        return process.ExitCode == SigKillExit;
    }

    private void Finish(TemporaryFolder folder, string run)
    {
        using var process = Start(folder, run);
        Assert.That(process.WaitForExit(Limit), Is.True);
        Assert.That(process.ExitCode, Is.Zero);
        Assert.That(Directory.EnumerateFileSystemEntries(run, "*.partial", SearchOption.AllDirectories), Is.Empty);
    }

    private static void AssertSame(string run, string whole)
    {
        Assert.That(Numbers(run), Is.EqualTo(Numbers(whole)), "metrics");
        foreach (string file in new[] { Path.Combine("checkpoints", $"step-{Steps:000000}", "state.safetensors"), Path.Combine("model", ModelFolder.WeightsFile) })
        {
            Assert.That(File.ReadAllBytes(Path.Combine(run, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(whole, file))), file);
        }
    }

    private static void CheckReadable(string run)
    {
        foreach (string checkpoint in Checkpoints(run))
        {
            using var tensors = SafetensorsFile.Open(Path.Combine(checkpoint, "state.safetensors"));
            Assert.That(tensors.Tensors, Is.Not.Empty);
            using var state = JsonDocument.Parse(File.ReadAllText(Path.Combine(checkpoint, "state.json")));
        }
    }

    private Process Start(TemporaryFolder folder, string run)
    {
        string[] settings = ["run.log_every=1", "run.checkpoint_every=3", "run.threads=1", "stage=" + _stage];
        bool resume = File.Exists(Path.Combine(run, "config.yaml"));
        return KilledProgram.Start(["pretrain", "--preset", "smoke-cpu", "--data", folder.File("clips"), "--out", run, .. settings.SelectMany(value => new[] { "--set", value }), .. resume ? ["--resume"] : Array.Empty<string>()]);
    }

    // True when the condition held, and the delay passed, while the process was alive.
    private static bool Wait(Process process, Func<bool> condition, TimeSpan delay)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (process.WaitForExit(1) || clock.Elapsed > Limit)
            {
                return false;
            }
        }

        return !process.WaitForExit(delay);
    }

    private static string[] Checkpoints(string run) =>
        Directory.Exists(Path.Combine(run, "checkpoints")) ? [.. Directory.GetDirectories(Path.Combine(run, "checkpoints")).Where(path => !path.EndsWith(".partial", StringComparison.Ordinal)).Order(StringComparer.Ordinal)] : [];

    private static long LastCheckpoint(string run) =>
        Checkpoints(run) is [.., var last] ? long.Parse(Path.GetFileName(last).AsSpan("step-".Length), CultureInfo.InvariantCulture) : 0;

    private static long LastStep(string run)
    {
        string path = Path.Combine(run, "metrics.jsonl");
        if (!File.Exists(path))
        {
            return 0;
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        string[] whole = reader.ReadToEnd().Split('\n')[..^1];
        return whole.Length == 0 ? 0 : JsonDocument.Parse(whole[^1]).RootElement.GetProperty("step").GetInt64();
    }

    private static string[] Numbers(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => string.Join(' ', JsonDocument.Parse(line).RootElement.EnumerateObject().Where(value => !IsOfTheMachine(value.Name)).Select(value => $"{value.Name}={value.Value.GetRawText()}")))];

    // Time and memory of the process: no numbers of the training.
    private static bool IsOfTheMachine(string name) => name is "images_per_second" or "live_tensors" or "memory_mib" || name.StartsWith("share_", StringComparison.Ordinal) || name.StartsWith("loader_", StringComparison.Ordinal);
}
