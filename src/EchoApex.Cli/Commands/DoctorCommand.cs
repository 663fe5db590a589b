using System.CommandLine;
using EchoApex.Core.Runtime;
using TorchSharp;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex doctor</c>: what this machine has of what EchoApex needs.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Check versions, native libraries, threads and GPU, and name the remedy for what is missing.");
        command.SetAction(_ =>
        {
            TorchRuntime.EnsureAvailable();
            Console.WriteLine($"libtorch loads; {torch.get_num_threads()} threads; CUDA {(torch.cuda.is_available() ? "available" : "not available")}");
            return 0;
        });
        return command;
    }
}
