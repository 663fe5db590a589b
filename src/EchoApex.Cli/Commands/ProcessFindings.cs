using System.Diagnostics;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using TorchSharp;

namespace EchoApex.Cli.Commands;

/// <summary>What doctor says of runs with several processes: which engine they would use and why, and whether two processes find each other.</summary>
internal static class ProcessFindings
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IEnumerable<EnvironmentFinding> Collect(bool selfTest)
    {
        yield return Engine();
        if (selfTest)
        {
            yield return SelfTest();
        }
    }

    private static EnvironmentFinding Engine()
    {
        const string name = "Several processes";
        try
        {
            TorchRuntime.EnsureAvailable();
            bool gpu = torch.cuda.is_available();
            string engine = gpu ? CollectiveEngines.DescribeNccl() : CollectiveEngines.DescribeMpi();
            return new(name, FindingStatus.Ok, $"{engine}, because runs compute on {(gpu ? "GPUs" : "the CPU")}");
        }
        catch (NativeRuntimeException error)
        {
            return new(name, FindingStatus.Absent, "no engine", error.Message);
        }
    }

    private static EnvironmentFinding SelfTest()
    {
        const string name = "Two processes";
        if (LaunchEnvironment.Read().WorldSize > 1)
        {
            return new(name, FindingStatus.Absent, "not tried: this is already one of several processes");
        }

        var start = new ProcessStartInfo("mpirun") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-np", "2", .. Self(), "collectives", "--quick"])
        {
            start.ArgumentList.Add(argument);
        }

        // Two processes must start on one core, and as root inside a container.
        start.Environment["OMPI_MCA_rmaps_base_oversubscribe"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return new(name, FindingStatus.Fault, $"mpirun -np 2 did not end within {Patience.TotalSeconds:0} s", "Run 'mpirun -np 2 echoapex collectives' by hand and look at its messages.");
            }

            return process.ExitCode == 0
                ? new(name, FindingStatus.Ok, "mpirun -np 2: sums, broadcasts and gathering are right")
                : new(name, FindingStatus.Fault, $"mpirun -np 2 ended with code {process.ExitCode}: {FirstLine(errors.Result, output.Result)}", "Run 'mpirun -np 2 echoapex collectives' by hand and look at its messages.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return new(name, FindingStatus.Absent, "not tried: there is no mpirun", "Only needed for several processes. Debian and Ubuntu: apt-get install openmpi-bin.");
        }
    }

    private static string FirstLine(params string[] texts) =>
        texts.SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).FirstOrDefault(line => line.Any(char.IsLetter)) ?? "no message";

    // "dotnet echoapex.dll" from the build's folder, the program itself as an installed tool.
    private static string[] Self()
    {
        string program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, typeof(ProcessFindings).Assembly.Location] : [program];
    }
}
