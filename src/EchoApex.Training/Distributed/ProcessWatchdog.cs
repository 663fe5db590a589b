using System.Runtime.InteropServices;

namespace EchoApex.Training.Distributed;

/// <summary>
/// Ends this process when another one has died while this one is stuck inside a native call that cannot be interrupted: a
/// transfer that was under way, or a wait for the GPU.
/// </summary>
/// <remarks>A launcher that watches its processes (mpirun, srun --kill-on-bad-exit) is faster; this is for all others.</remarks>
public sealed partial class ProcessWatchdog : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const int Patience = 5;

    private readonly Func<string?> _look;
    private readonly Action<string> _ended;
    private readonly Timer _timer;
    private int _seen;

    /// <summary>Begins to watch.</summary>
    /// <param name="look">Why the others will never come; null while nothing is wrong: <see cref="CollectiveWatch.Look"/>.</param>
    /// <param name="end">What to do when the reason has stood for five seconds and this process has not ended by itself; null to leave at once with exit code 1.</param>
    public ProcessWatchdog(Func<string?> look, Action<string>? end = null)
    {
        ArgumentNullException.ThrowIfNull(look);
        (_look, _ended) = (look, end ?? (_ => ExitAtOnce(1)));
        _timer = new Timer(_ => Check(), null, Interval, Interval);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    internal void Check()
    {
        string? reason = _look();
        _seen = reason is null ? 0 : _seen + 1;
        if (_seen == Patience)
        {
            _ended(reason!);
        }
    }

    // Not Environment.Exit: that waits for finalizers, and the native call does not return.
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);
}
