namespace EchoApex.Training.Distributed;

/// <summary>What carries collective calls.</summary>
public enum CollectiveEngine
{
    /// <summary>NCCL when the run computes on GPUs, MPI on CPUs, nothing for one process.</summary>
    Auto,

    /// <summary>MPI, on CPU tensors.</summary>
    Mpi,

    /// <summary>NCCL, on NVIDIA GPUs.</summary>
    Nccl,
}
