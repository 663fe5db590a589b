// Shape legend: R = rows of the teacher in a step, K = prototypes.
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Monitoring;

/// <summary>
/// How many prototypes are in use: those that were the strongest of at least one of the teacher's rows within the last
/// <see cref="Window"/> steps.
/// </summary>
/// <remarks>
/// It remembers for each prototype the step at which it last won, so that a resumed run reports what an uninterrupted one
/// does. Ours.
/// </remarks>
internal sealed class PrototypeUsage : IDisposable
{
    /// <summary>Steps that count.</summary>
    public const int Window = 100;

    private readonly Tensor _lastStep_K;

    /// <summary>Starts with no prototype used.</summary>
    public PrototypeUsage(int prototypes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(prototypes, 1);
        _lastStep_K = zeros([prototypes], int64).FillInPlace(-Window).DetachFromDisposeScope();
    }

    /// <summary>For each prototype the last step at which it won, int64 [K]; owned by this object. A checkpoint holds it.</summary>
    public Tensor LastStep => _lastStep_K;

    /// <summary>Takes the winners of a step.</summary>
    /// <param name="winners_R">For each row of the teacher its strongest prototype, int64 [R].</param>
    /// <param name="step">The step, counted from 0.</param>
    public void Observe(Tensor winners_R, long step)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using Scalar now = step;
        _lastStep_K.index_fill_(0, winners_R.to(_lastStep_K.device), now);
    }

    /// <summary>Takes over what the other processes saw: all hold the same afterwards.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="device">Where they reduce.</param>
    public void Merge(ICollective processes, Device device)
    {
        if (processes.WorldSize == 1)
        {
            return;
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var merged_K = _lastStep_K.clone().to(device);
        processes.AllReduce(merged_K, ReduceOperation.Maximum);
        _lastStep_K.copy_(merged_K);
    }

    /// <summary>
    /// The share of prototypes in use, of as many as could be: 1 when all are, or when no two rows share one. (65,536
    /// prototypes cannot all win among 12,800 rows.)
    /// </summary>
    /// <param name="step">The step that was observed last.</param>
    /// <param name="rows">Rows a step.</param>
    public double ShareAt(long step, long rows)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using Scalar oldest = step - Window;
        double used = _lastStep_K.gt(oldest).sum().to(float64).ReadDouble();
        double seen = (double)Math.Min(step + 1, Window) * rows;
        return Math.Min(1, used / Math.Min(_lastStep_K.shape[0], seen));
    }

    public void Dispose() => _lastStep_K.Dispose();
}
