using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using EchoApex.Core.Checkpoints;
using EchoApex.Testing;
using EchoApex.Testing.Scanner;

namespace EchoApex.Cli.Tests;

/// <summary>A signal stops a command where it can go on later, and leaves no original behind; one that only suspends it changes nothing.</summary>
[Category("integration")]
[NonParallelizable]
[Platform(Exclude = "Win")]
public sealed partial class StopSignalsTests
{
    private const int Terminate = 15, Continue = 18, Stop = 19;

    [Test]
    public void Ingest_Terminated_SaysSoCleansUpAndGoesOn()
    {
        using var folder = new TemporaryFolder();
        ScannerExport.Write(folder.File("export"), 24, new ScannerOptions { Frames = 24, Size = (400, 320), Still = false }, seed: 31);
        ZipFile.CreateFromDirectory(folder.File("export"), folder.File("export.zip"));
        File.WriteAllText(folder.File("key"), "0123456789abcdef0123456789abcdef");
        Directory.CreateDirectory(folder.File("temporary"));
        string[] arguments = ["ingest", folder.File("export.zip"), "--out", folder.File("out"), "--key", folder.File("key"), "--workers", "1"];

        var (code, error) = Run(arguments, folder, process =>
        {
            WaitFor(() => Directory.Exists(folder.File("out/audit")));
            Assert.That(Directory.EnumerateDirectories(folder.File("temporary"), "echoapex-ingest-*"), Is.Not.Empty, "it is at work on what it took out");
            Assert.That(Kill(process.Id, Terminate), Is.Zero);
        });
        Assert.That(code, Is.EqualTo(130), error);
        Assert.That(error, Does.Contain("Stopping").And.Contain("Cancelled."));
        Assert.That(Directory.EnumerateDirectories(folder.File("temporary"), "echoapex-ingest-*"), Is.Empty);
        Assert.That(File.Exists(folder.File("out/manifest.csv")), Is.False);

        (code, error) = Run(arguments, folder, _ => { });
        Assert.That(code, Is.Zero, error);
        Assert.That(File.Exists(folder.File("out/manifest.csv")), Is.True);
    }

    [Test]
    public void Pretrain_Terminated_LeavesACheckpointToGoOnFrom()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("temporary"));
        Assert.That(CommandLine.Run("phantom", "--count", "2", "--size", "64", "--frames", "4", "--format", "dicom", "--out", folder.File("clips")).ExitCode, Is.Zero);
        string[] arguments = ["pretrain", "--preset", "smoke-cpu", "--data", folder.File("clips"), "--out", folder.File("run"), "--set", "optimization.epochs=5000", "--set", "run.log_every=1"];
        var (code, error) = Run(arguments, folder, process =>
        {
            WaitFor(() => new FileInfo(folder.File("run/metrics.jsonl")) is { Exists: true, Length: > 0 });
            Assert.That(Kill(process.Id, Terminate), Is.Zero);
        });
        Assert.That(code, Is.EqualTo(130), error);
        Assert.That(Directory.EnumerateFileSystemEntries(folder.File("run/checkpoints")), Is.Not.Empty);
    }

    [Test]
    public void Pretrain_SuspendedAndResumedAgainAndAgain_EqualsAnUndisturbedRunToTheBit()
    {
        // oneDNN's kernels for products of this size keep their stack pointer in a buffer: a handler without a stack of its own writes into the heap.
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("temporary"));
        Assert.That(CommandLine.Run("phantom", "--count", "4", "--size", "64", "--frames", "4", "--format", "dicom", "--out", folder.File("clips")).ExitCode, Is.Zero);
        string[] settings = ["backbone.embed_dim=96", "optimization.batch_size=32", "optimization.epochs=15", "run.log_every=1", "run.threads=1"];
        string[] Arguments(string run) => ["pretrain", "--preset", "smoke-cpu", "--data", folder.File("clips"), "--out", folder.File(run), .. settings.SelectMany(value => new[] { "--set", value })];
        var (code, error) = Run(Arguments("whole"), folder, _ => { });
        Assert.That(code, Is.Zero, error);

        int resumed = 0;
        (code, error) = Run(Arguments("suspended"), folder, process =>
        {
            WaitFor(() => new FileInfo(folder.File("suspended/metrics.jsonl")) is { Exists: true, Length: > 0 });
            for (; !process.WaitForExit(10); resumed++)
            {
                _ = Kill(process.Id, Stop);
                _ = Kill(process.Id, Continue);
            }
        });

        Assert.That(code, Is.Zero, error);
        Assert.That(resumed, Is.GreaterThan(50));
        string weights = Path.Combine("model", ModelFolder.WeightsFile);
        Assert.That(File.ReadAllBytes(Path.Combine(folder.File("suspended"), weights)), Is.EqualTo(File.ReadAllBytes(Path.Combine(folder.File("whole"), weights))));
    }

    private static void WaitFor(Func<bool> isSo)
    {
        var clock = Stopwatch.StartNew();
        while (!isSo())
        {
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromMinutes(2)), "it has not come to its work");
            Thread.Sleep(20);
        }
    }

    private static (int Code, string Error) Run(string[] arguments, TemporaryFolder folder, Action<Process> meanwhile)
    {
        var info = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "echoapex.dll"), .. arguments])
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment["TMPDIR"] = folder.File("temporary");
        info.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        meanwhile(process);
        Assert.That(process.WaitForExit(TimeSpan.FromMinutes(5)), Is.True);
        return (process.ExitCode, error.GetAwaiter().GetResult());
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
