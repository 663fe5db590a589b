using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;

namespace EchoApex.Cli.Commands;

/// <summary>Runs a command as one of the processes that mpirun, srun or torchrun has started; without a launcher, alone.</summary>
internal static class DistributedRun
{
    /// <summary>Joins the others, runs, leaves. A process that fails says so with its number and takes the others down.</summary>
    public static int Start(RunOptions options, Func<ProcessGroup, int> run)
    {
        var launch = LaunchEnvironment.Read();
        ProcessGroup? group = null;
        try
        {
            group = ProcessGroup.Start(launch, options.Engine, options.Device, TimeSpan.FromSeconds(options.CollectiveTimeoutSeconds));
            int code = run(group);
            group.Dispose();
            return code;
        }
        catch (Exception error) when (launch.WorldSize > 1)
        {
            bool cured = error is EchoApexException or IOException or UnauthorizedAccessException;
            Console.Error.WriteLine($"process {launch.Rank} of {launch.WorldSize}: {(cured ? "error" : "internal error, please report it")}: {(cured ? error.Message : error)}");
            Console.Error.Flush();

            // The others are waiting for this one; leaving in good order would wait for them.
            int code = cured ? 1 : 2;
            group?.Collective.Abort(code);
            return code;
        }
        catch
        {
            group?.Dispose();
            throw;
        }
    }

    /// <summary>Ends this process from another thread, because the one that runs is stuck.</summary>
    public static void EndAtOnce(ProcessGroup group, string reason)
    {
        Console.Error.WriteLine($"process {group.Collective.Rank} of {group.Collective.WorldSize}: error: {reason}");
        Console.Error.Flush();
        group.Collective.Abort(1);
    }
}
