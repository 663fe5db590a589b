namespace EchoApex.Training.Distributed;

/// <summary>How long a process waits for the others, and whom it names when one does not come.</summary>
/// <remarks>
/// While a collective call waits, <see cref="Look"/> is asked every <see cref="Interval"/> whether a process has died or
/// failed: then the wait ends at once, without the time-out. Time in which this process itself stood still (a scheduler's suspend, a sleeping
/// machine) is no waiting: the others stood still with it.
/// </remarks>
public sealed class CollectiveWatch
{
    // What one turn of waiting adds at most; turns are milliseconds while the process runs.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait; the default leaves room for a checkpoint or a slow file system.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a waiting process looks whether the others still live; longer with many processes, which all read all.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Says why the others will never come, a sentence; null while nothing is wrong. May be called on any thread.</summary>
    public Func<string?>? Look { get; set; }

    /// <summary>Says who is behind, given this process's count of collective calls; null when it is not known.</summary>
    public Func<long, string?>? NameMissing { get; set; }

    /// <summary>Tells the time.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Waits until a test succeeds.</summary>
    /// <param name="test">Lets the engine advance; true when the call is done.</param>
    /// <param name="call">What is waited for, for the message.</param>
    /// <param name="number">The number of the call.</param>
    /// <exception cref="CollectiveException">The others will not come, or did not in time.</exception>
    internal void Wait(Func<bool> test, string call, long number)
    {
        var (elapsed, nextLook) = (TimeSpan.Zero, Interval);
        long last = Clock.GetTimestamp();
        while (!test())
        {
            long now = Clock.GetTimestamp();
            var turn = Clock.GetElapsedTime(last, now);
            elapsed += turn < LongestTurn ? turn : LongestTurn;
            last = now;

            // At first hot, because most waits are microseconds; then giving the core away; then asleep.
            if (elapsed.TotalMilliseconds > 20)
            {
                Thread.Sleep(1);
            }
            else if (elapsed.TotalMilliseconds > 0.05)
            {
                Thread.Yield();
            }

            if (elapsed > nextLook)
            {
                nextLook = elapsed + Interval;
                if (Look?.Invoke() is { } reason)
                {
                    throw new CollectiveException(reason);
                }

                if (elapsed > Timeout)
                {
                    throw new CollectiveException(
                        $"{call} (call {number}) waited {Timeout.TotalSeconds:0} s for the other processes. {NameMissing?.Invoke(number) ?? "Which of them is missing is not known."} "
                        + "Look at the missing process's machine and messages; raise run.collective_timeout_seconds if it is only slow. The run can be resumed.");
                }
            }
        }
    }
}
