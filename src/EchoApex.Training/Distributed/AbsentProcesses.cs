using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>One process of a run that had several, alone again: to replay what it did. Sums hold its own values only.</summary>
internal sealed class AbsentProcesses(int rank, int worldSize) : ICollective
{
    private readonly SingleProcess _alone = new();

    public int Rank => rank;

    public int WorldSize => worldSize;

    public string Description => $"process {rank} of {worldSize}, without the others";

    public long Calls => 0;

    public void AllReduce(Tensor tensor, ReduceOperation operation)
    {
    }

    public IPendingReduction BeginAllReduce(Tensor tensor, ReduceOperation operation) => _alone.BeginAllReduce(tensor, operation);

    public void Broadcast(Tensor tensor, int root = 0)
    {
    }

    public void AllGather(Tensor input, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        output.view([worldSize, .. input.shape]).copy_(input.unsqueeze(0));
    }

    public void Barrier()
    {
    }

    public void Abort(int exitCode)
    {
    }

    public void Dispose() => _alone.Dispose();
}
