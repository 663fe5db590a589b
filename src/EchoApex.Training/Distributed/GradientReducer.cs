using System.Globalization;
using EchoApex.Core.Backbones;
using EchoApex.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>
/// Sums the gradients of all processes, in place in their flat buffers, while the backward pass still runs: as soon as the
/// last pass through a transformer block has come back, that block's part of each buffer is on its way.
/// </summary>
/// <remarks>
/// Small parts (biases, norms) and all that belongs to no block (patch embedding, heads, whole convolutional networks) wait
/// for the end, where they are few large pieces. The sum, not the mean: the loss is divided by the number of processes
/// before its backward pass, which costs nothing.
/// </remarks>
internal sealed class GradientReducer : IBackwardObserver, IDisposable
{
    /// <summary>Parts below 128 KiB wait for the end: a call of its own costs more than it hides.</summary>
    private const long SmallestPart = 1 << 15;

    private const string Blocks = ".blocks.";

    private readonly ICollective _processes;
    private readonly List<Range>[] _blocks;
    private readonly List<Range> _rest = [];
    private readonly Dictionary<int, int> _open = [];
    private readonly List<(IPendingReduction Reduction, Tensor View)> _pending = [];
    private bool _armed;

    /// <summary>Lays out the parts.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="parameters">The trained parameters, named backbone.blocks.N.* where they belong to a block.</param>
    public GradientReducer(ICollective processes, FlatParameters parameters)
    {
        _processes = processes;
        var ranges = parameters.Groups.SelectMany(RangesOf).ToList();
        int blocks = ranges.Max(range => range.Block ?? -1) + 1;
        _blocks = [.. Enumerable.Range(0, blocks).Select(_ => new List<Range>())];
        foreach (var range in ranges)
        {
            (range.Block is { } block && range.Length >= SmallestPart ? _blocks[block] : _rest).Add(range);
        }

        Join(_rest);
    }

    /// <summary>Parts that go while the backward pass runs, and those that go at its end.</summary>
    public (int Early, int Late) Parts => (_blocks.Sum(block => block.Count), _rest.Count);

    /// <summary>The next backward pass is the step's last: what it completes may be sent.</summary>
    /// <remarks>With gradient accumulation the passes before it only add.</remarks>
    public void Arm() => _armed = true;

    /// <inheritdoc/>
    public void Entered(int block) => _open[block] = _open.GetValueOrDefault(block) + 1;

    /// <inheritdoc/>
    public void Left(int block)
    {
        _open[block]--;
        if (_armed && _open[block] == 0)
        {
            Send(_blocks[block]);
            _open[block] = -1;
        }
    }

    /// <summary>Sends what has not gone yet and waits for everything.</summary>
    public void Finish()
    {
        for (int block = _blocks.Length - 1; block >= 0; block--)
        {
            // A block whose backward pass did not run, because the loss does not depend on it.
            if (_open.GetValueOrDefault(block) != -1)
            {
                Send(_blocks[block]);
            }
        }

        Send(_rest);
        Wait();
        _open.Clear();
        _armed = false;
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private void Send(List<Range> ranges)
    {
        foreach (var range in ranges)
        {
            var view = range.Buffer.narrow(0, range.Offset, range.Length).DetachFromDisposeScope();
            _pending.Add((_processes.BeginAllReduce(view, ReduceOperation.Sum), view));
        }
    }

    private void Wait()
    {
        try
        {
            foreach (var (reduction, _) in _pending)
            {
                reduction.Wait();
            }
        }
        finally
        {
            Release();
        }
    }

    private void Release()
    {
        foreach (var (_, view) in _pending)
        {
            view.Dispose();
        }

        _pending.Clear();
    }

    // Neighbours of one block, from the first to just before the next one's first, so that no gap is left out.
    private static IEnumerable<Range> RangesOf(FlatGroup group)
    {
        var ranges = new List<Range>();
        foreach (var slice in group.Slices)
        {
            int? block = BlockOf(slice.Name);
            if (ranges.Count > 0 && ranges[^1].Block == block)
            {
                ranges[^1] = ranges[^1] with { Length = slice.Offset + slice.Length - ranges[^1].Offset };
            }
            else
            {
                ranges.Add(new Range(group.Gradients, slice.Offset, slice.Length, block));
            }
        }

        return ranges;
    }

    private static int? BlockOf(string name)
    {
        int start = name.IndexOf(Blocks, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        start += Blocks.Length;
        int end = name.IndexOf('.', start);
        return int.TryParse(name.AsSpan(start, end - start), NumberStyles.None, CultureInfo.InvariantCulture, out int block) ? block : null;
    }

    // The gaps between parameters hold zeros, so ranges of one buffer with nothing but a gap or each other between them are one.
    private static void Join(List<Range> ranges)
    {
        for (int i = ranges.Count - 1; i > 0; i--)
        {
            var (before, after) = (ranges[i - 1], ranges[i]);
            long gap = after.Offset - (before.Offset + before.Length);
            if (ReferenceEquals(before.Buffer, after.Buffer) && gap is >= 0 and < FlatGroup.Alignment)
            {
                ranges[i - 1] = before with { Length = after.Offset + after.Length - before.Offset };
                ranges.RemoveAt(i);
            }
        }
    }

    private sealed record Range(Tensor Buffer, long Offset, long Length, int? Block);
}
