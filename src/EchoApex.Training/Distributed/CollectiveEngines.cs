using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed.Mpi;
using EchoApex.Training.Distributed.Nccl;

namespace EchoApex.Training.Distributed;

/// <summary>Which engines this machine has, without starting them.</summary>
public static class CollectiveEngines
{
    /// <summary>The MPI library that a run on the CPU would use, in words.</summary>
    /// <exception cref="NativeRuntimeException">There is none.</exception>
    public static string DescribeMpi()
    {
        var library = MpiLibrary.Load(null);
        return $"MPI ({library.Version()}, {library.Name})";
    }

    /// <summary>The NCCL library that a run on GPUs would use, in words.</summary>
    /// <exception cref="NativeRuntimeException">There is none.</exception>
    public static string DescribeNccl()
    {
        var library = NcclLibrary.Load();
        return $"NCCL {library.Version()} ({library.Name})";
    }
}
