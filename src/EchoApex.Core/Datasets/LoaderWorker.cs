using System.Diagnostics;

namespace EchoApex.Core.Datasets;

/// <summary>What belongs to one thread of a loader: a clock over its phases and memory that its samples use one after the other.</summary>
/// <remarks>Thread safety: an instance belongs to its thread; <see cref="Statistics"/> may be read from another.</remarks>
public sealed class LoaderWorker
{
    private readonly long[] _ticks = new long[Enum.GetValues<LoaderPhase>().Length];
    private LoaderPhase _phase = LoaderPhase.Wait;
    private long _since = Stopwatch.GetTimestamp();
    private long _samples;
    private byte[] _scratch = [];

    /// <summary>What the thread has done so far; the phase at hand counts once it ends.</summary>
    public LoaderStatistics Statistics => new(
        Interlocked.Read(ref _samples), Seconds(LoaderPhase.Read), Seconds(LoaderPhase.Decode), Seconds(LoaderPhase.Augment), Seconds(LoaderPhase.Wait));

    /// <summary>Ends the phase at hand and begins another.</summary>
    /// <returns>The phase that ended, to be gone back to.</returns>
    public LoaderPhase Enter(LoaderPhase phase)
    {
        long now = Stopwatch.GetTimestamp();
        Interlocked.Add(ref _ticks[(int)_phase], now - _since);
        var ended = _phase;
        (_phase, _since) = (phase, now);
        return ended;
    }

    /// <summary>Memory of at least some bytes, until the next call. Its content is undefined.</summary>
    public Memory<byte> Scratch(int length)
    {
        if (_scratch.Length < length)
        {
            _scratch = GC.AllocateUninitializedArray<byte>(length);
        }

        return _scratch.AsMemory(0, length);
    }

    /// <summary>Counts a sample.</summary>
    internal void CountSample() => Interlocked.Increment(ref _samples);

    private double Seconds(LoaderPhase phase) => Interlocked.Read(ref _ticks[(int)phase]) / (double)Stopwatch.Frequency;
}
