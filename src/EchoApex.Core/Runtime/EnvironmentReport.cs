using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using OpenCvSharp;
using TorchSharp;

namespace EchoApex.Core.Runtime;

/// <summary>Looks at everything outside EchoApex that it stands on: runtime, libtorch, GPU, OpenCV, MPI.</summary>
public static class EnvironmentReport
{
    private static readonly string[] MpiLibraries = ["libmpi.so.40", "libmpich.so.12", "libmpi.so.12", "libmpi.so", "msmpi.dll", "libmpi.dylib"];

    /// <summary>Runs every check; a failing one becomes a finding, never an exception.</summary>
    public static IReadOnlyList<EnvironmentFinding> Collect() =>
        [EchoApexVersion(), DotNet(), Processor(), LibTorch(), .. Torch(), OpenCv(), Mpi(), MpiLauncher()];

    /// <summary>The version of EchoApex, without build metadata.</summary>
    public static string Version => PackageVersion(typeof(EnvironmentReport));

    private static string PackageVersion(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? type.Assembly.GetName().Version?.ToString() ?? "unknown";

    private static EnvironmentFinding EchoApexVersion() => new("EchoApex", FindingStatus.Ok, Version);

    private static EnvironmentFinding DotNet() =>
        new(".NET", FindingStatus.Ok, $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}");

    private static EnvironmentFinding Processor()
    {
        double gibibytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        return new("Processor", FindingStatus.Ok, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, {gibibytes:0.0} GiB memory"));
    }

    private static EnvironmentFinding LibTorch()
    {
        try
        {
            TorchRuntime.EnsureAvailable();
            return new("libtorch", FindingStatus.Ok, $"TorchSharp {PackageVersion(typeof(torch))}, libtorch {torch.__version__}");
        }
        catch (NativeRuntimeException error)
        {
            return new("libtorch", FindingStatus.Fault, "does not load", error.Message);
        }
    }

    private static EnvironmentFinding[] Torch()
    {
        try
        {
            TorchRuntime.EnsureAvailable();
        }
        catch (NativeRuntimeException)
        {
            return [];
        }

        var threads = new EnvironmentFinding("Threads", FindingStatus.Ok, $"{torch.get_num_threads()} compute threads (set OMP_NUM_THREADS to change)");
        return torch.cuda.is_available()
            ? [threads, new("GPU", FindingStatus.Ok, $"CUDA with {torch.cuda.device_count()} device(s)")]
            : [threads, new("GPU", FindingStatus.Absent, "none: computing on the CPU", "For an NVIDIA GPU reference TorchSharp-cuda-linux or TorchSharp-cuda-windows instead of the CPU package (this repository: -p:Backend=cuda).")];
    }

    private static EnvironmentFinding OpenCv()
    {
        try
        {
            return new("OpenCV", FindingStatus.Ok, $"OpenCvSharp4 {PackageVersion(typeof(Cv2))}, OpenCV {OpenCvRuntime.EnsureAvailable()}");
        }
        catch (NativeRuntimeException error)
        {
            return new("OpenCV", FindingStatus.Fault, "does not load", error.Message);
        }
    }

    private static EnvironmentFinding Mpi()
    {
        foreach (string name in MpiLibraries)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                string kind = NativeLibrary.TryGetExport(handle, "ompi_mpi_comm_world", out _) ? "Open MPI" : name.StartsWith("msmpi", StringComparison.Ordinal) ? "Microsoft MPI" : "MPICH ABI";
                NativeLibrary.Free(handle);
                return new("MPI", FindingStatus.Ok, $"{kind} ({name})");
            }
        }

        return new("MPI", FindingStatus.Absent, "no library found", "Only needed for several processes. Debian and Ubuntu: apt-get install openmpi-bin.");
    }

    private static EnvironmentFinding MpiLauncher()
    {
        string file = OperatingSystem.IsWindows() ? "mpiexec.exe" : "mpirun";
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, file))
            .FirstOrDefault(File.Exists);
        return path is null
            ? new("MPI launcher", FindingStatus.Absent, $"no {file} on the path", "Only needed for several processes. Debian and Ubuntu: apt-get install openmpi-bin.")
            : new("MPI launcher", FindingStatus.Ok, path);
    }
}
