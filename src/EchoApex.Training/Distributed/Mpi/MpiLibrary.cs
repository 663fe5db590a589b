using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Distributed.Mpi;

/// <summary>The few functions of MPI that are needed, found in whatever MPI library the machine has.</summary>
/// <remarks>
/// The library must be the launcher's own: an MPICH launcher with Open MPI's library gives processes that each believe to
/// be alone, which <see cref="MpiCollective"/> notices. ECHOAPEX_MPI_LIBRARY names a library where the search order is
/// wrong.
/// </remarks>
internal sealed unsafe partial class MpiLibrary
{
    /// <summary>Names the library to load.</summary>
    public const string Variable = "ECHOAPEX_MPI_LIBRARY";

    private const int ThreadMultiple = 3;
    private const int LongestVersion = 8192;
    private static readonly string[] OpenMpiNames = ["libmpi.so.40", "libmpi.so.80", "libmpi.so", "libmpi.dylib"];
    private static readonly string[] MpichNames = ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi_cray.so.12"];

    private readonly delegate* unmanaged<int*, nint, int, int*, int> _initThread;
    private readonly delegate* unmanaged<int*, int> _initialized;
    private readonly delegate* unmanaged<int*, int> _finalized;
    private readonly delegate* unmanaged<int> _finalize;
    private readonly delegate* unmanaged<nint, int, int> _abort;
    private readonly delegate* unmanaged<nint, int*, int> _rank;
    private readonly delegate* unmanaged<nint, int*, int> _size;
    private readonly delegate* unmanaged<nint, nint*, int> _duplicate;
    private readonly delegate* unmanaged<nint*, int> _free;
    private readonly delegate* unmanaged<nint, void*, int, nint, nint, nint, int> _allReduce;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, int> _broadcast;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> _allGather;
    private readonly delegate* unmanaged<nint, nint*, int> _barrier;
    private readonly delegate* unmanaged<nint*, int*, nint, int> _test;
    private readonly delegate* unmanaged<byte*, int*, int> _version;

    private MpiLibrary(string name, nint library)
    {
        Name = name;
        Abi = MpiAbi.Of(library);
        nint Function(string function) => NativeLibrary.GetExport(library, function);
        _initThread = (delegate* unmanaged<int*, nint, int, int*, int>)Function("MPI_Init_thread");
        _initialized = (delegate* unmanaged<int*, int>)Function("MPI_Initialized");
        _finalized = (delegate* unmanaged<int*, int>)Function("MPI_Finalized");
        _finalize = (delegate* unmanaged<int>)Function("MPI_Finalize");
        _abort = (delegate* unmanaged<nint, int, int>)Function("MPI_Abort");
        _rank = (delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_rank");
        _size = (delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_size");
        _duplicate = (delegate* unmanaged<nint, nint*, int>)Function("MPI_Comm_dup");
        _free = (delegate* unmanaged<nint*, int>)Function("MPI_Comm_free");
        _allReduce = (delegate* unmanaged<nint, void*, int, nint, nint, nint, int>)Function("MPI_Allreduce");
        _broadcast = (delegate* unmanaged<void*, int, nint, int, nint, int>)Function("MPI_Bcast");
        _allGather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Function("MPI_Allgather");
        _barrier = (delegate* unmanaged<nint, nint*, int>)Function("MPI_Ibarrier");
        _test = (delegate* unmanaged<nint*, int*, nint, int>)Function("MPI_Test");
        _version = (delegate* unmanaged<byte*, int*, int>)Function("MPI_Get_library_version");
    }

    /// <summary>The file that was loaded.</summary>
    public string Name { get; }

    /// <summary>Its handles.</summary>
    public MpiAbi Abi { get; }

    /// <summary>Loads the machine's library.</summary>
    /// <param name="launcher">The launcher, whose own kind is tried first; null without one.</param>
    /// <exception cref="NativeRuntimeException">There is none, or it lacks a function.</exception>
    public static MpiLibrary Load(LaunchEnvironment? launcher)
    {
        string[] names = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? [named]
            : launcher?.Launcher.Contains("MPICH", StringComparison.Ordinal) == true ? [.. MpichNames, .. OpenMpiNames]
            : [.. OpenMpiNames, .. MpichNames];
        foreach (string name in names)
        {
            if (TryOpen(name, out nint library))
            {
                try
                {
                    return new MpiLibrary(name, library);
                }
                catch (EntryPointNotFoundException error)
                {
                    throw new NativeRuntimeException($"The MPI library {name} lacks a function of MPI 3: {error.Message} Install Open MPI 4 or MPICH 4, or name another library in {Variable}.", error);
                }
            }
        }

        throw new NativeRuntimeException(
            $"No MPI library was found; tried {string.Join(", ", names)}. Install the one that belongs to the launcher (Debian and Ubuntu: apt-get install openmpi-bin), "
            + $"put its folder on LD_LIBRARY_PATH, or name the file in {Variable}.");
    }

    /// <summary>Starts MPI, once a process.</summary>
    public void Initialize()
    {
        int already;
        Check(_initialized(&already), "MPI_Initialized");
        int provided = ThreadMultiple;
        if (already == 0)
        {
            Check(_initThread(null, 0, ThreadMultiple, &provided), "MPI_Init_thread");
        }

        if (provided < ThreadMultiple)
        {
            throw new NativeRuntimeException($"The MPI library {Name} was built without support for several threads (it offers level {provided}, {ThreadMultiple} is needed). Install a build with MPI_THREAD_MULTIPLE, the default of Open MPI 4 and MPICH 4.");
        }
    }

    /// <summary>Ends MPI; no process may use it afterwards.</summary>
    public void FinalizeOnce()
    {
        int already;
        if (_finalized(&already) == 0 && already == 0)
        {
            Check(_finalize(), "MPI_Finalize");
        }
    }

    public void Abort(int code) => _abort(Abi.World, code);

    public int RankIn(nint communicator)
    {
        int rank;
        Check(_rank(communicator, &rank), "MPI_Comm_rank");
        return rank;
    }

    public int SizeOf(nint communicator)
    {
        int size;
        Check(_size(communicator, &size), "MPI_Comm_size");
        return size;
    }

    /// <summary>A communicator of its own: its calls never meet those of another.</summary>
    public nint Duplicate(nint communicator)
    {
        nint copy = 0;
        Check(_duplicate(communicator, &copy), "MPI_Comm_dup");
        return copy;
    }

    public void Free(nint communicator)
    {
        Check(_free(&communicator), "MPI_Comm_free");
    }

    public void AllReduce(void* values, int count, nint type, nint operation, nint communicator) =>
        Check(_allReduce(Abi.InPlace, values, count, type, operation, communicator), "MPI_Allreduce");

    public void Broadcast(void* values, int count, nint type, int root, nint communicator) =>
        Check(_broadcast(values, count, type, root, communicator), "MPI_Bcast");

    public void AllGather(void* input, void* output, int count, nint type, nint communicator) =>
        Check(_allGather(input, count, type, output, count, type, communicator), "MPI_Allgather");

    public nint BeginBarrier(nint communicator)
    {
        nint request = 0;
        Check(_barrier(communicator, &request), "MPI_Ibarrier");
        return request;
    }

    /// <summary>Lets a request advance; true when it is done.</summary>
    public bool Test(ref nint request)
    {
        int done;
        fixed (nint* place = &request)
        {
            Check(_test(place, &done, Abi.IgnoreStatus), "MPI_Test");
        }

        return done != 0;
    }

    /// <summary>The first line of what the library says of itself.</summary>
    public string Version()
    {
        byte[] text = new byte[LongestVersion];
        int length;
        fixed (byte* start = text)
        {
            Check(_version(start, &length), "MPI_Get_library_version");
        }

        string all = System.Text.Encoding.UTF8.GetString(text, 0, Math.Clamp(length, 0, text.Length)).TrimEnd('\0');
        string first = all.Split('\n')[0].Split(',')[0].Trim();
        return first.StartsWith("MPICH Version", StringComparison.Ordinal) ? "MPICH " + first.Split('\t')[^1].Trim() : first;
    }

    // Symbols stay global: Open MPI loads its own parts later and they look the rest up by name.
    private static bool TryOpen(string name, out nint library)
    {
        library = 0;
        if (!OperatingSystem.IsLinux())
        {
            return NativeLibrary.TryLoad(name, out library);
        }

        const int now = 2, global = 0x100;
        library = DlOpen(name, now | global);
        return library != 0;
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint DlOpen(string file, int flags);

    private static void Check(int status, string function)
    {
        if (status != 0)
        {
            throw new CollectiveException($"{function} failed with code {status}.");
        }
    }
}
