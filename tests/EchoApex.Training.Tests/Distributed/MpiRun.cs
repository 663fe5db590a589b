using System.Diagnostics;
using System.Globalization;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>Starts this assembly as several processes.</summary>
internal static class MpiRun
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    public static string? Launcher { get; } = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "mpirun"))
        .FirstOrDefault(File.Exists);

    /// <summary>Skips the test, saying so, where there is no MPI.</summary>
    public static void Require()
    {
        if (Launcher is null)
        {
            Assert.Ignore("mpirun is not installed: apt-get install openmpi-bin runs this test.");
        }
    }

    /// <summary>Runs a scenario of <see cref="RankProgram"/> and waits for it.</summary>
    public static Outcome Run(int processes, params string[] arguments)
    {
        using var process = Start(processes, arguments);
        return Finish(process);
    }

    /// <summary>Starts a scenario without waiting.</summary>
    public static Process Start(int processes, params string[] arguments)
    {
        Require();
        var start = new ProcessStartInfo(Launcher!) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] launch = processes == 1 ? [] : ["--bind-to", "none", "--oversubscribe", "-np", processes.ToString(CultureInfo.InvariantCulture)];
        foreach (string argument in (string[])[.. launch, .. processes == 1 ? ["-np", "1"] : Array.Empty<string>(), Dotnet(), typeof(MpiRun).Assembly.Location, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>Waits for a started scenario.</summary>
    public static Outcome Finish(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The processes did not end within {Longest.TotalMinutes} minutes.");
        }

        return new Outcome(process.ExitCode, output.Result, errors.Result);
    }

    private static string Dotnet() => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    /// <summary>What came of it.</summary>
    public sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        public Outcome RequireSuccess()
        {
            Assert.That(ExitCode, Is.Zero, Output + Errors);
            return this;
        }
    }
}
