using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;

namespace EchoApex.Training.Tests.Distributed;

/// <summary>What one process of a test with several processes does: the assembly's entry point.</summary>
internal static class RankProgram
{
    public static int Main(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            return 0;
        }

        try
        {
            TorchRuntime.EnsureAvailable();
            Run(arguments);
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"{error.GetType().Name}: {error.Message}");
            Console.Error.Flush();
            s_group?.Collective.Abort(3);
            return 3;
        }
    }

    private static ProcessGroup? s_group;

    private static void Run(string[] arguments)
    {
        var launch = LaunchEnvironment.Read();
        s_group = ProcessGroup.Start(launch, CollectiveEngine.Auto, DeviceKind.Cpu, TimeSpan.FromMinutes(3));
        using var _ = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true);
        switch (arguments[0])
        {
            case "engine":
                EngineScenario.Run(s_group.Collective);
                break;
            case "train":
                TrainScenario.Run(s_group, arguments[1], arguments[2..]);
                break;
            case "golden":
                GoldenScenario.Run(s_group.Collective, arguments[1], arguments[2]);
                break;
            case "faults":
                FaultScenario.Run(s_group, arguments[1], arguments[2]);
                break;
            default:
                throw new ArgumentException($"There is no scenario {arguments[0]}.");
        }

        s_group.Dispose();
    }
}
