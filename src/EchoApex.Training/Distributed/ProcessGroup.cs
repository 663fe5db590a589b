using System.Globalization;
using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed.Mpi;
using EchoApex.Training.Distributed.Nccl;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>All processes of a run as one of them sees them: their collective calls, and this one's device.</summary>
public sealed partial class ProcessGroup : IDisposable
{
    private const string VisibleGpus = "CUDA_VISIBLE_DEVICES";

    /// <summary>Joins what others have made; the group owns the collective.</summary>
    /// <param name="launch">What the launcher said.</param>
    /// <param name="collective">The engine.</param>
    /// <param name="device">This process's device.</param>
    /// <param name="watch">Time-out and who is missing.</param>
    public ProcessGroup(LaunchEnvironment launch, ICollective collective, Device device, CollectiveWatch watch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        ArgumentNullException.ThrowIfNull(collective);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(watch);
        (Launch, Collective, Device, Watch) = (launch, collective, device, watch);
    }

    /// <summary>What the launcher said.</summary>
    public LaunchEnvironment Launch { get; }

    /// <summary>The collective calls.</summary>
    public ICollective Collective { get; }

    /// <summary>Where this process computes.</summary>
    public Device Device { get; }

    /// <summary>Time-out and who is missing.</summary>
    public CollectiveWatch Watch { get; }

    /// <summary>A run of one process.</summary>
    /// <exception cref="ConfigurationException">The device is not there.</exception>
    public static ProcessGroup Single(DeviceKind device = DeviceKind.Cpu) =>
        new(LaunchEnvironment.Alone, new SingleProcess(), Devices.Resolve(device), new CollectiveWatch());

    /// <summary>Joins the other processes that the launcher started.</summary>
    /// <param name="launch">What the launcher said: <see cref="LaunchEnvironment.Read()"/>.</param>
    /// <param name="engine">What carries the calls.</param>
    /// <param name="device">Where to compute. With GPUs each process sees the one of its place on the machine alone, as number 0.</param>
    /// <param name="timeout">How long one process waits for the others.</param>
    /// <exception cref="ConfigurationException">Engine and device do not fit, or the device is not there.</exception>
    /// <exception cref="NativeRuntimeException">The engine's library is missing.</exception>
    /// <exception cref="CollectiveException">The processes do not find each other.</exception>
    public static ProcessGroup Start(LaunchEnvironment launch, CollectiveEngine engine, DeviceKind device, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(launch);
        if (launch.WorldSize == 1)
        {
            return Single(device);
        }

        if (device != DeviceKind.Cpu)
        {
            ShowOwnGpu(launch);
        }

        var own = Devices.Resolve(device);
        bool nccl = engine == CollectiveEngine.Nccl || (engine == CollectiveEngine.Auto && own.type == DeviceType.CUDA);
        if (nccl != (own.type == DeviceType.CUDA))
        {
            throw new ConfigurationException("run.engine", $"{(nccl ? "nccl works on GPUs" : "mpi works on CPU tensors")}, but this run computes on {own}. Set run.engine: auto, or run.device: {(nccl ? "cuda" : "cpu")}.");
        }

        var watch = new CollectiveWatch { Timeout = timeout };
        ICollective collective = nccl ? new NcclCollective(launch, own, watch) : new MpiCollective(launch, watch);
        return new ProcessGroup(launch, collective, own, watch);
    }

    /// <summary>Threads for libtorch: the machine's cores shared among its processes, at least 1.</summary>
    public int FairThreads => Math.Max(1, Environment.ProcessorCount / Math.Max(1, Launch.LocalWorldSize));

    /// <summary>Collects a text from every process.</summary>
    /// <returns>The texts, by rank.</returns>
    /// <exception cref="CollectiveException">A process is missing.</exception>
    public IReadOnlyList<string> Gather(string text) => RunAgreement.Gather(Collective, text, Device);

    /// <inheritdoc/>
    public void Dispose() => Collective.Dispose();

    // libtorch and NCCL read the variable when they first touch a GPU, from the C environment, which .NET's own setter does
    // not reach. TorchSharp cannot switch the current device, so each process must see one only.
    private static void ShowOwnGpu(LaunchEnvironment launch)
    {
        if (!OperatingSystem.IsLinux() || launch.LocalWorldSize == 1)
        {
            return;
        }

        string[] visible = (Environment.GetEnvironmentVariable(VisibleGpus) ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        // A single one: the launcher (srun --gpus-per-task) has shared them out already.
        if (visible.Length == 1)
        {
            return;
        }

        if (visible.Length > 0 && launch.LocalRank >= visible.Length)
        {
            throw new ConfigurationException("environment", $"{VisibleGpus} shows {visible.Length} GPUs, but this is process {launch.LocalRank} of its machine. Start at most {visible.Length} processes a machine.");
        }

        string own = visible.Length > 0 ? visible[launch.LocalRank] : launch.LocalRank.ToString(CultureInfo.InvariantCulture);
        _ = SetVariable(VisibleGpus, own, 1);
        Environment.SetEnvironmentVariable(VisibleGpus, own);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
