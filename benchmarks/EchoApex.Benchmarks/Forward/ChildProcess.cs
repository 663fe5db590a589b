using System.Diagnostics;

namespace EchoApex.Benchmarks.Forward;

/// <summary>Runs this program again, for measurements that need a fresh process.</summary>
internal static class ChildProcess
{
    /// <summary>Runs with other arguments and returns what the child printed.</summary>
    public static string Run(params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        bool host = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, host ? [typeof(ChildProcess).Assembly.Location, .. arguments] : arguments) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with exit code {child.ExitCode}.");
    }
}
