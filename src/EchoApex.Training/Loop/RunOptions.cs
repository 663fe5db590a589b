using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;

namespace EchoApex.Training.Loop;

/// <summary>Options that do not change the numbers of a run; they may differ when it is resumed.</summary>
public sealed record RunOptions
{
    /// <summary>Steps between two lines of metrics.</summary>
    [Range(1, 1_000_000)]
    public int LogEvery { get; init; } = 10;

    /// <summary>Steps between two checkpoints; one is always written at the end and on cancellation.</summary>
    [Range(1, 100_000_000)]
    public int CheckpointEvery { get; init; } = 1000;

    /// <summary>Checkpoints kept; older ones are deleted.</summary>
    [Range(1, 10_000)]
    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>Threads of libtorch; null leaves its own choice. Bit-identical repetition needs the same number.</summary>
    [Range(1, 1024)]
    public int? Threads { get; init; }

    /// <summary>Where to compute: auto (a GPU if libtorch sees one), cpu or cuda. With several processes each takes the GPU of its place on the machine.</summary>
    public DeviceKind Device { get; init; }

    /// <summary>With several processes, what carries their exchange: auto, mpi or nccl.</summary>
    public CollectiveEngine Engine { get; init; }

    /// <summary>With several processes, how long one waits for the others before the run ends with the missing one named.</summary>
    [Range(1, 1_000_000)]
    public int CollectiveTimeoutSeconds { get; init; } = 600;

    /// <summary>Whether TensorBoard events are written.</summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Stop with a checkpoint after this step, as if cancelled; 0 writes the untrained encoder alone, null runs to the end.</summary>
    [Range(0, 1_000_000_000)]
    public int? StopAfterStep { get; init; }
}
