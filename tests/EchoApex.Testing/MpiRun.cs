using System.Diagnostics;
using System.Globalization;

namespace EchoApex.Testing;

/// <summary>Starts a .NET program as several processes.</summary>
public static class MpiRun
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    /// <summary>The launcher's path; null where there is none.</summary>
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

    /// <summary>Runs a program and waits for it.</summary>
    /// <param name="processes">How many.</param>
    /// <param name="assembly">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Outcome Run(int processes, string assembly, params string[] arguments)
    {
        using var process = Start(processes, assembly, arguments);
        return Finish(process);
    }

    /// <summary>Starts a program without waiting.</summary>
    public static Process Start(int processes, string assembly, params string[] arguments)
    {
        Require();
        var start = new ProcessStartInfo(Launcher!) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] launch = ["--bind-to", "none", "--oversubscribe", "-np", processes.ToString(CultureInfo.InvariantCulture)];
        foreach (string argument in (string[])[.. launch, Dotnet(), assembly, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>Waits for a started program.</summary>
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
    /// <param name="ExitCode">The launcher's.</param>
    /// <param name="Output">Standard output of all processes.</param>
    /// <param name="Errors">Standard error of all processes and of the launcher.</param>
    public sealed record Outcome(int ExitCode, string Output, string Errors)
    {
        /// <summary>Fails the test with what was printed unless the exit code is 0.</summary>
        public Outcome RequireSuccess()
        {
            Assert.That(ExitCode, Is.Zero, Output + Errors);
            return this;
        }
    }
}
