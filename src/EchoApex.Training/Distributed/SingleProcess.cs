using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>A run of one process.</summary>
public sealed class SingleProcess : ICollective
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int WorldSize => 1;

    /// <inheritdoc/>
    public string Description => "single process";

    /// <inheritdoc/>
    public long Calls => 0;

    /// <inheritdoc/>
    public void AllReduce(Tensor tensor, ReduceOperation operation)
    {
    }

    /// <inheritdoc/>
    public IPendingReduction BeginAllReduce(Tensor tensor, ReduceOperation operation) => new Finished();

    /// <inheritdoc/>
    public void Broadcast(Tensor tensor, int root = 0) => ArgumentOutOfRangeException.ThrowIfNotEqual(root, 0);

    /// <inheritdoc/>
    public void AllGather(Tensor input, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        using var noGrad = no_grad();
        using var target = output.view(input.shape);
        using var same = target.copy_(input);
    }

    /// <inheritdoc/>
    public void Barrier()
    {
    }

    /// <inheritdoc/>
    public void Abort(int exitCode)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Finished : IPendingReduction
    {
        public void Wait()
        {
        }
    }
}
