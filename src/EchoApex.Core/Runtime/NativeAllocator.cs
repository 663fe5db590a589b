using System.Runtime.InteropServices;

namespace EchoApex.Core.Runtime;

/// <summary>How the C library serves libtorch's memory on the CPU.</summary>
public static partial class NativeAllocator
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int MaximumMappings = -4;

    private static readonly Lazy<bool> Kept = new(Apply);

    /// <summary>
    /// Keeps freed memory in the process instead of returning it to the system. A training step frees and takes the same
    /// blocks again and again; glibc would map and unmap each of them, which costs a tenth of the step or more in page
    /// faults. Acts once, on the whole process; the process then holds what it needed at its peak.
    /// </summary>
    /// <returns>Whether the C library took it: Linux with glibc, and no MALLOC_MMAP_MAX_ or MALLOC_TRIM_THRESHOLD_ in the environment that says otherwise.</returns>
    public static bool KeepFreedMemory() => Kept.Value;

    /// <summary>
    /// Gives the free pages of the C library's heap back to the system now. Small blocks that live long split the holes that
    /// large ones leave, which then no longer fit: where freed memory is kept, a process of many hours would grow by some
    /// MiB each time. Released pages that are needed again cost their page faults once.
    /// </summary>
    /// <returns>Whether memory was given back; false on systems without glibc.</returns>
    public static bool ReleaseFreedMemory()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return malloc_trim(0) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static bool Apply()
    {
        if (!OperatingSystem.IsLinux() || IsSet("MALLOC_MMAP_MAX_") || IsSet("MALLOC_TRIM_THRESHOLD_"))
        {
            return false;
        }

        try
        {
            return mallopt(MaximumMappings, 0) == 1 && mallopt(TrimThreshold, -1) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt and needs none.
            return false;
        }
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
