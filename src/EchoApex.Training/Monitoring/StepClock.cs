using System.Diagnostics;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// Shares the wall time out among the phases of a step: <c>share_data</c>, <c>share_teacher</c>, <c>share_student</c>,
/// <c>share_backward</c>, <c>share_reduction</c>, <c>share_optimizer</c>, <c>share_other</c>, which sum to 1.
/// </summary>
/// <remarks>
/// Costs one reading of the system's clock a phase. It measures the calling thread: on a device that works asynchronously a
/// phase is charged with the wait for the work of those before it.
/// <para>Thread safety: an instance belongs to one thread.</para>
/// </remarks>
public sealed class StepClock
{
    private static readonly StepPhase[] Phases = Enum.GetValues<StepPhase>();

    private readonly long[] _ticks = new long[Phases.Length];
    private readonly Func<long> _now;
    private StepPhase _phase = StepPhase.Other;
    private long _since;

    /// <summary>Starts in <see cref="StepPhase.Other"/>.</summary>
    public StepClock()
        : this(Stopwatch.GetTimestamp)
    {
    }

    internal StepClock(Func<long> now) => (_now, _since) = (now, now());

    /// <summary>Ends the phase at hand and begins another.</summary>
    public void Enter(StepPhase phase)
    {
        long now = _now();
        _ticks[(int)_phase] += now - _since;
        (_phase, _since) = (phase, now);
    }

    /// <summary>Each phase's share of the time since the last call, 0 to 1, by name; the count starts again. Empty when no time has passed.</summary>
    public IReadOnlyDictionary<string, double> Take()
    {
        Enter(_phase);
        double total = _ticks.Sum();
        var shares = total <= 0 ? [] : Phases.ToDictionary(NameOf, phase => Math.Round(_ticks[(int)phase] / total, 4));
        Array.Clear(_ticks);
        return shares;
    }

    private static string NameOf(StepPhase phase) => phase switch
    {
        StepPhase.Data => "share_data",
        StepPhase.Teacher => "share_teacher",
        StepPhase.Student => "share_student",
        StepPhase.Backward => "share_backward",
        StepPhase.Reduction => "share_reduction",
        StepPhase.Optimizer => "share_optimizer",
        _ => "share_other",
    };
}
