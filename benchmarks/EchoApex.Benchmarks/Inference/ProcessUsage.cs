using System.Runtime.InteropServices;

namespace EchoApex.Benchmarks.Inference;

/// <summary>What this process has used so far, all threads: processor time counts only where it ran, whatever else the machine does.</summary>
internal static unsafe partial class ProcessUsage
{
    /// <summary>User and system time in ms.</summary>
    public static double CpuMilliseconds()
    {
        // struct rusage: two timevals of two longs, then fourteen longs.
        long* usage = stackalloc long[18];
        return getrusage(0, usage) == 0 ? ((usage[0] + usage[2]) * 1e3) + ((usage[1] + usage[3]) / 1e3) : throw new InvalidOperationException("getrusage failed.");
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, long* usage);
}
