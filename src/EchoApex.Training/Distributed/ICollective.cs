using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>
/// What the processes of a run do together: one process a device, all of them calling the same methods in the same order
/// with tensors of the same shape and type.
/// </summary>
/// <remarks>
/// Tensors are contiguous and live where the engine works: on the CPU for MPI, on this process's GPU for NCCL. Types:
/// float32, float64, bfloat16 and int64; <see cref="Broadcast"/> and <see cref="AllGather"/> take bytes too. With one
/// process every call returns at once and changes nothing, <see cref="AllGather"/> copies.
/// <para>Thread safety: an instance belongs to the thread that made it.</para>
/// </remarks>
public interface ICollective : IDisposable
{
    /// <summary>This process, 0 to <see cref="WorldSize"/> - 1. Process 0 writes the run folder.</summary>
    int Rank { get; }

    /// <summary>Number of processes.</summary>
    int WorldSize { get; }

    /// <summary>The engine in words, for example "MPI (Open MPI v4.1.4)".</summary>
    string Description { get; }

    /// <summary>Collective calls begun so far: who has the smallest number is the one the others wait for.</summary>
    long Calls { get; }

    /// <summary>Reduces in place: afterwards every process holds the same values, to the bit.</summary>
    /// <exception cref="CollectiveException">A process is missing, or the engine reports a fault.</exception>
    void AllReduce(Tensor tensor, ReduceOperation operation);

    /// <summary>
    /// Begins a reduction that runs while this process computes on. The tensor must neither be read nor written nor disposed
    /// until <see cref="IPendingReduction.Wait"/> has returned. Reductions end in the order in which they began.
    /// </summary>
    IPendingReduction BeginAllReduce(Tensor tensor, ReduceOperation operation);

    /// <summary>Copies a process's tensor into everybody's.</summary>
    /// <param name="tensor">Source on <paramref name="root"/>, target elsewhere.</param>
    /// <param name="root">The process whose values count.</param>
    /// <exception cref="CollectiveException">As for <see cref="AllReduce"/>.</exception>
    void Broadcast(Tensor tensor, int root = 0);

    /// <summary>Collects everybody's tensor, in the order of the ranks.</summary>
    /// <param name="input">This process's part.</param>
    /// <param name="output"><see cref="WorldSize"/> times as many elements.</param>
    /// <exception cref="CollectiveException">As for <see cref="AllReduce"/>.</exception>
    void AllGather(Tensor input, Tensor output);

    /// <summary>Returns when all processes have come here.</summary>
    /// <exception cref="CollectiveException">As for <see cref="AllReduce"/>.</exception>
    void Barrier();

    /// <summary>Takes the whole run down, from any thread, when this process cannot go on. With one process it does nothing.</summary>
    /// <param name="exitCode">What the launcher sees, not 0.</param>
    void Abort(int exitCode);
}
