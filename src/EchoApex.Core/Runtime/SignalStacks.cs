using System.Runtime.InteropServices;

namespace EchoApex.Core.Runtime;

/// <summary>
/// Keeps signals from writing into the heap while oneDNN works: some of its matrix kernels point the stack pointer at a buffer, and a signal handler
/// that the kernel starts there pushes its frame over whatever lies below it. .NET's handlers for SIGINT, SIGTERM, SIGCONT and others ask for no
/// stack of their own, although its threads have one; so a resumed job (Ctrl-Z and fg, or a scheduler's suspend) or a graceful stop could destroy a run.
/// Here they are told to use it.
/// </summary>
/// <remarks>
/// .NET 10 and oneDNN as in libtorch 2.10, x64. A handler that is installed later is found within a second, because every product asks again.
/// Handlers that belong to others are treated alike; a thread without an alternative stack sees no difference.
/// </remarks>
internal static unsafe partial class SignalStacks
{
    // struct sigaction of 64-bit Linux, glibc and musl: handler, 128 bytes of mask, flags, restorer.
    private const int ActionLength = 152;
    private const int FlagsAt = 136;
    private const int OnStack = 0x0800_0000;
    private const nint IgnoreHandler = 1;

    private const long Interval = 1000;

    private static readonly bool Applies = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static long _next;

    // What comes from outside: HUP, INT, QUIT, USR1, USR2, ALRM, TERM, CHLD, CONT, TSTP, TTIN, TTOU, URG, XCPU, VTALRM, PROF, WINCH, IO, PWR. Faults of a
    // thread's own and the runtime's real-time signal, which it sends only to threads in managed code, are left alone.
    private static ReadOnlySpan<byte> Signals => [1, 2, 3, 10, 12, 14, 15, 17, 18, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30];

    /// <summary>Looks after the handlers that are there, at most once a second.</summary>
    public static void Protect()
    {
        if (Applies && Environment.TickCount64 >= Volatile.Read(ref _next))
        {
            Volatile.Write(ref _next, Environment.TickCount64 + Interval);
            ProtectNow();
        }
    }

    /// <summary>Looks after the handlers that are there.</summary>
    internal static void ProtectNow()
    {
        byte* action = stackalloc byte[ActionLength];
        foreach (byte signal in Signals)
        {
            if (sigaction(signal, null, action) == 0 && *(nint*)action > IgnoreHandler && (*(int*)(action + FlagsAt) & OnStack) == 0)
            {
                *(int*)(action + FlagsAt) |= OnStack;
                _ = sigaction(signal, action, null);
            }
        }
    }

    /// <summary>Whether a signal has a handler that uses the alternative stack.</summary>
    internal static bool IsProtected(int signal)
    {
        byte* action = stackalloc byte[ActionLength];
        return sigaction(signal, null, action) == 0 && *(nint*)action > IgnoreHandler && (*(int*)(action + FlagsAt) & OnStack) != 0;
    }

    [LibraryImport("libc")]
    private static partial int sigaction(int signal, byte* action, byte* old);
}
