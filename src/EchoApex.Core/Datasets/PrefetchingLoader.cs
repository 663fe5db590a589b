using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace EchoApex.Core.Datasets;

/// <summary>
/// Fills batches ahead of their use on plain threads. The batches and their order do not depend on the number of
/// threads, as long as filling one slot depends on its draw alone. At most a bounded number of batches is under way: threads that
/// are ahead of the consumer wait.
/// </summary>
/// <typeparam name="TBatch">A batch's buffers, reused once returned.</typeparam>
public sealed class PrefetchingLoader<TBatch> : IDisposable
    where TBatch : class
{
    private readonly EpochSampler _sampler;
    private readonly int _batchSize;
    private readonly int _first;
    private readonly int _slots;
    private readonly Func<TBatch> _create;
    private readonly Action<SampleDraw, TBatch, int, LoaderWorker> _fill;
    private readonly LoaderWorker[] _workers;
    private readonly Queue<Pending> _ordered = new();
    private readonly ConcurrentBag<TBatch> _free = [];
    private readonly BlockingCollection<(Pending Batch, int Slot, SampleDraw Draw)> _work = [];
    private readonly Thread[] _threads;
    private readonly int _ahead;
    private bool _disposed;

    /// <summary>Starts the threads.</summary>
    /// <param name="sampler">Where the samples come from; the loader draws ahead of <see cref="Position"/>.</param>
    /// <param name="batchSize">Samples a batch.</param>
    /// <param name="create">Makes the buffers of a batch.</param>
    /// <param name="fill">Writes one sample into one slot of a batch; called on several threads at once, on different slots.</param>
    /// <param name="workers">Threads, at least 1.</param>
    /// <param name="ahead">Batches prepared ahead of use, at least 1.</param>
    /// <param name="share">
    /// Which of the batch's samples this loader fills, (first, count): one process's part of a run with several. The sampler
    /// moves on by whole batches, so that its position means the same to all of them. Null for the whole batch.
    /// </param>
    public PrefetchingLoader(EpochSampler sampler, int batchSize, Func<TBatch> create, Action<SampleDraw, TBatch, int> fill, int workers, int ahead, (int First, int Count)? share = null)
        : this(sampler, batchSize, create, WithoutWorker(fill), workers, ahead, share)
    {
    }

    /// <summary>Starts the threads, each with a clock and memory of its own that <paramref name="fill"/> receives.</summary>
    /// <param name="sampler">Where the samples come from; the loader draws ahead of <see cref="Position"/>.</param>
    /// <param name="batchSize">Samples a batch.</param>
    /// <param name="create">Makes the buffers of a batch.</param>
    /// <param name="fill">Writes one sample into one slot of a batch; called on several threads at once, on different slots. Each call begins in <see cref="LoaderPhase.Augment"/>.</param>
    /// <param name="workers">Threads, at least 1.</param>
    /// <param name="ahead">Batches prepared ahead of use, at least 1.</param>
    /// <param name="share">Which of the batch's samples this loader fills, (first, count), as above. Null for the whole batch.</param>
    public PrefetchingLoader(
        EpochSampler sampler, int batchSize, Func<TBatch> create, Action<SampleDraw, TBatch, int, LoaderWorker> fill, int workers, int ahead, (int First, int Count)? share = null)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ahead);
        (_first, _slots) = share ?? (0, batchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(_first, nameof(share));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_slots, nameof(share));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_first + _slots, batchSize, nameof(share));
        (_sampler, _batchSize, _create, _fill, _ahead) = (sampler, batchSize, create, fill, ahead);
        Position = sampler.Position;
        _workers = [.. Enumerable.Range(0, workers).Select(_ => new LoaderWorker())];
        _threads = [.. Enumerable.Range(0, workers).Select(i => new Thread(() => Work(_workers[i])) { IsBackground = true, Name = $"EchoApex loader {i}" })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>The sampler's position after the last batch handed out: what a checkpoint stores.</summary>
    public long Position { get; private set; }

    /// <summary>What each thread has done so far.</summary>
    public IReadOnlyList<LoaderStatistics> Statistics => [.. _workers.Select(worker => worker.Statistics)];

    /// <summary>Waits for the next batch.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled while waiting; the batch stays next.</exception>
    public TBatch Next(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (_ordered.Count < _ahead)
        {
            Enqueue();
        }

        var pending = _ordered.Peek();
        pending.Done.Wait(cancellationToken);
        _ordered.Dequeue();
        pending.Done.Dispose();
        pending.Fault?.Throw();
        Position = pending.PositionAfter;
        Enqueue();
        return pending.Batch;
    }

    /// <summary>Gives a batch's buffers back for reuse.</summary>
    public void Return(TBatch batch) => _free.Add(batch);

    /// <summary>Stops the threads; samples in work are finished first.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _work.CompleteAdding();
        while (_work.TryTake(out _))
        {
            // Work that nobody will use.
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }

        foreach (var pending in _ordered)
        {
            pending.Done.Dispose();
        }

        _work.Dispose();
    }

    private void Enqueue()
    {
        var pending = new Pending(_free.TryTake(out var batch) ? batch : _create(), _slots);
        long start = _sampler.Position;
        _sampler.Position = start + _first;
        for (int slot = 0; slot < _slots; slot++)
        {
            _work.Add((pending, slot, _sampler.Next()));
        }

        _sampler.Position = start + _batchSize;
        pending.PositionAfter = _sampler.Position;
        _ordered.Enqueue(pending);
    }

    private static Action<SampleDraw, TBatch, int, LoaderWorker> WithoutWorker(Action<SampleDraw, TBatch, int> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        return (draw, batch, slot, _) => fill(draw, batch, slot);
    }

    private void Work(LoaderWorker worker)
    {
        foreach (var (pending, slot, draw) in _work.GetConsumingEnumerable())
        {
            worker.Enter(LoaderPhase.Augment);
            try
            {
                _fill(draw, pending.Batch, slot, worker);
            }
            catch (Exception error)
            {
                // Handed to the consumer with its batch, in order.
                pending.Fault ??= ExceptionDispatchInfo.Capture(error);
            }

            // Counted before the batch is handed out, so that its consumer finds it counted.
            worker.CountSample();
            worker.Enter(LoaderPhase.Wait);
            pending.FinishOne();
        }
    }

    private sealed class Pending(TBatch batch, int slots)
    {
        private int _left = slots;

        public TBatch Batch { get; } = batch;

        public ManualResetEventSlim Done { get; } = new(false);

        public ExceptionDispatchInfo? Fault { get; set; }

        public long PositionAfter { get; set; }

        public void FinishOne()
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                Done.Set();
            }
        }
    }
}
