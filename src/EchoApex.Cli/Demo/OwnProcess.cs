using System.Diagnostics;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Demo;

/// <summary>Runs a command of this tool in a process of its own, on one thread: two trainings in one process would share its collector's pauses.</summary>
internal static class OwnProcess
{
    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The command and its arguments.</param>
    /// <param name="say">Told each line of its output.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <returns>Its last line.</returns>
    /// <exception cref="EchoApexException">It failed; the message is its error output.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> arguments, Action<string> say, CancellationToken cancellationToken)
    {
        bool isTool = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "echoapex";
        var start = new ProcessStartInfo(isTool ? Environment.ProcessPath! : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in isTool ? arguments : [typeof(OwnProcess).Assembly.Location, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        using var process = Process.Start(start)!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string last = "";
            while (await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                last = line;
                say(line);
            }

            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0 ? last : throw new EchoApexException($"echoapex {string.Join(' ', arguments)} failed: {(await errors.ConfigureAwait(false)).Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
