using System.Runtime.InteropServices;

namespace EchoApex.Training.Distributed.Mpi;

/// <summary>
/// The handles of one MPI implementation as an application sees them. MPI fixes names, not values: in Open MPI handles are
/// addresses of variables inside the library, in MPICH and all that share its binary interface (Intel MPI, MVAPICH, Cray
/// MPICH) they are 32-bit numbers. Both travel in a register of pointer size.
/// </summary>
internal sealed record MpiAbi(string Name)
{
    public required nint World { get; init; }

    public required nint Byte { get; init; }

    public required nint Float { get; init; }

    public required nint Double { get; init; }

    public required nint Int64 { get; init; }

    public required nint Sum { get; init; }

    public required nint Maximum { get; init; }

    public required nint Minimum { get; init; }

    /// <summary>MPI_IN_PLACE.</summary>
    public required nint InPlace { get; init; }

    /// <summary>MPI_STATUS_IGNORE.</summary>
    public required nint IgnoreStatus { get; init; }

    /// <summary>Finds out which kind a loaded library is.</summary>
    public static MpiAbi Of(nint library) =>
        NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out nint world) ? OpenMpi(library, world) : Mpich;

    private static MpiAbi OpenMpi(nint library, nint world) => new("Open MPI")
    {
        World = world,
        Byte = NativeLibrary.GetExport(library, "ompi_mpi_byte"),
        Float = NativeLibrary.GetExport(library, "ompi_mpi_float"),
        Double = NativeLibrary.GetExport(library, "ompi_mpi_double"),
        Int64 = NativeLibrary.GetExport(library, "ompi_mpi_int64_t"),
        Sum = NativeLibrary.GetExport(library, "ompi_mpi_op_sum"),
        Maximum = NativeLibrary.GetExport(library, "ompi_mpi_op_max"),
        Minimum = NativeLibrary.GetExport(library, "ompi_mpi_op_min"),
        InPlace = 1,
        IgnoreStatus = 0,
    };

    // mpi.h of MPICH 4.0; the values are frozen by the MPICH ABI Compatibility Initiative.
    private static MpiAbi Mpich { get; } = new("MPICH ABI")
    {
        World = 0x44000000,
        Byte = 0x4c00010d,
        Float = 0x4c00040a,
        Double = 0x4c00080b,
        Int64 = 0x4c00083a,
        Sum = 0x58000003,
        Maximum = 0x58000001,
        Minimum = 0x58000002,
        InPlace = -1,
        IgnoreStatus = 1,
    };
}
