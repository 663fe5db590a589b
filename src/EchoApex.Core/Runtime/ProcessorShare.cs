using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EchoApex.Core.Runtime;

/// <summary>
/// Starts processes that run beside each other, each on processors of its own. On two virtual processors a step of pretraining took a
/// quarter longer beside another process when the system moved the threads of both over them; why was not measured.
/// </summary>
public static partial class ProcessorShare
{
    // As cpu_set_t of the C library: 1,024 processors.
    private const int MaskBytes = 128;

    /// <summary>
    /// Starts a process on its share of the processors that this thread may use. On Linux; elsewhere, and where there are fewer
    /// processors than shares, it may use all of them.
    /// </summary>
    /// <param name="start">The process.</param>
    /// <param name="share">Which share, from 0.</param>
    /// <param name="shares">Shares in all, of equal size but for a remainder.</param>
    /// <returns>The process; the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such share.</exception>
    public static Process Start(ProcessStartInfo start, int share, int shares)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, shares);
        byte[] own = new byte[MaskBytes];
        if (shares == 1 || !OperatingSystem.IsLinux() || sched_getaffinity(0, MaskBytes, own) < 0 || Part(own, share, shares) is not { } part || sched_setaffinity(0, MaskBytes, part) < 0)
        {
            return Process.Start(start)!;
        }

        // A process inherits the processors of the thread that starts it.
        try
        {
            return Process.Start(start)!;
        }
        finally
        {
            _ = sched_setaffinity(0, MaskBytes, own);
        }
    }

    // Null where there is not a processor for each share.
    private static byte[]? Part(byte[] allowed, int share, int shares)
    {
        int count = allowed.Sum(bits => BitOperations.PopCount(bits));
        if (count < shares)
        {
            return null;
        }

        byte[] part = new byte[MaskBytes];
        for (int processor = 0, place = 0; processor < MaskBytes * 8; processor++)
        {
            int bit = 1 << (processor % 8);
            if ((allowed[processor / 8] & bit) != 0)
            {
                if ((long)place * shares / count == share)
                {
                    part[processor / 8] |= (byte)bit;
                }

                place++;
            }
        }

        return part;
    }

    [LibraryImport("libc")]
    private static partial int sched_getaffinity(int process, nint size, [Out] byte[] mask);

    [LibraryImport("libc")]
    private static partial int sched_setaffinity(int process, nint size, byte[] mask);
}
