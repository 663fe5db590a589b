using System.CommandLine;
using System.CommandLine.Invocation;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli;

/// <summary>Turns exceptions into one clear line and an exit code. 0 done, 1 a fault the user can cure, 2 a fault of EchoApex, 130 cancelled.</summary>
internal static class CliErrors
{
    /// <summary>The exit code of a command that was cancelled.</summary>
    public const int Cancelled = 130;

    /// <summary>Shows the stack trace of an error; accepted after every command.</summary>
    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Show the stack trace of an error.",
        Recursive = true,
    };

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        bool verbose = parsed.GetValue(Verbose);
        try
        {
            // Actions that take no token are left to the signals' own effect: nothing would come of asking them.
            using var signals = parsed.Action is AsynchronousCommandLineAction ? new StopSignals() : null;
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration, signals?.Token ?? CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Cancelled.").ConfigureAwait(false);
            return Cancelled;
        }
        catch (EchoApexException error)
        {
            await Report("error: ", error, verbose).ConfigureAwait(false);
            return 1;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await Report("error: ", error, verbose).ConfigureAwait(false);
            return 1;
        }
        catch (TypeInitializationException error) when (error.TypeName.StartsWith("OpenCvSharp", StringComparison.Ordinal))
        {
            await Console.Error.WriteLineAsync("error: OpenCV does not load on this machine. Run 'echoapex doctor': it names what is missing.").ConfigureAwait(false);
            return 1;
        }
        catch (Exception error)
        {
            await Report("internal error, please report it: ", error, verbose).ConfigureAwait(false);
            return 2;
        }
    }

    private static Task Report(string prefix, Exception error, bool verbose) =>
        Console.Error.WriteLineAsync(verbose ? prefix + error : prefix + error.Message);
}
