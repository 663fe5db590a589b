using System.Diagnostics;
using EchoApex.Core.Imaging;

namespace EchoApex.Heads.Prediction;

/// <summary>Frames that wait to be judged, in slots that are made once. The oldest goes where too many wait.</summary>
internal sealed class LiveFrameRing(LiveStreamOptions options) : IFrameStore
{
    private readonly byte[][] _slots = [.. Enumerable.Range(0, Slots(options)).Select(_ => new byte[options.Height * options.Width * options.Channels])];
    private readonly Queue<Waiting> _waiting = new();
    private readonly Queue<int> _free = new(Enumerable.Range(0, Slots(options)));
    private readonly Lock _lock = new();
    private bool _calibrated;
    private bool _ended;

    /// <summary>A frame that waits.</summary>
    public readonly record struct Waiting(int Slot, long Frame, double TimeMs, long PushedAt);

    public long Received { get; private set; }

    public long Dropped { get; private set; }

    public SemaphoreSlim Arrived { get; } = new(0);

    // Slots are filled in order, so that those that were never filled are none of the frames.
    public int FrameCount => (int)Math.Clamp(Received, 1, _slots.Length);

    public int Height => options.Height;

    public int Width => options.Width;

    public int Channels => options.Channels;

    public void ReadFrame(int index, Span<byte> destination) => _slots[index].CopyTo(destination);

    /// <summary>Copies a frame in.</summary>
    /// <returns>Whether no frame had to go for it.</returns>
    public bool Push(ReadOnlySpan<byte> frame, double timeMs)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            int most = _calibrated ? options.Capacity : _slots.Length;
            bool fits = _waiting.Count < most;
            if (!fits)
            {
                _free.Enqueue(_waiting.Dequeue().Slot);
                Dropped++;
            }

            int slot = _free.Dequeue();
            frame.CopyTo(_slots[slot]);
            _waiting.Enqueue(new Waiting(slot, Received++, timeMs, Stopwatch.GetTimestamp()));
            if (fits)
            {
                Arrived.Release();
            }

            return fits;
        }
    }

    /// <summary>Takes the oldest frame; its slot is kept until it is released.</summary>
    public Waiting? Take()
    {
        lock (_lock)
        {
            return _waiting.TryDequeue(out var frame) ? frame : null;
        }
    }

    public void Release(int slot)
    {
        lock (_lock)
        {
            _free.Enqueue(slot);
        }
    }

    /// <summary>Frames beyond the capacity that waited for the sector go.</summary>
    public void Calibrated()
    {
        lock (_lock)
        {
            _calibrated = true;
            while (_waiting.Count > options.Capacity)
            {
                _free.Enqueue(_waiting.Dequeue().Slot);
                Dropped++;
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>No more frames come.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
        }

        Arrived.Release();
    }

    // One slot more than may wait: that of the frame in work.
    private static int Slots(LiveStreamOptions options) => Math.Max(options.Capacity + 1, options.CalibrationFrames);

    public bool IsEnded
    {
        get
        {
            lock (_lock)
            {
                return _ended;
            }
        }
    }
}
