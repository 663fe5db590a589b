using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Distributed.Nccl;

/// <summary>The functions of NCCL that are needed, from the machine's own library or from inside libtorch.</summary>
/// <remarks>nccl.h of NCCL 2.18 and later; none of what is used has changed since 2.10.</remarks>
internal sealed unsafe class NcclLibrary
{
    /// <summary>Names the library to load.</summary>
    public const string Variable = "ECHOAPEX_NCCL_LIBRARY";

    /// <summary>Bytes of an ncclUniqueId.</summary>
    public const int IdBytes = 128;

    public const int Uint8 = 1;
    public const int Int64 = 4;
    public const int Float32 = 7;
    public const int Float64 = 8;
    public const int Bfloat16 = 9;
    public const int Sum = 0;
    public const int Maximum = 2;
    public const int Minimum = 3;
    public const int Average = 4;
    public const int InProgress = 7;

    // libtorch_cuda last: TorchSharp's CUDA packages have NCCL inside it.
    private static readonly string[] Names = ["libnccl.so.2", "libnccl.so", "libtorch_cuda.so", "torch_cuda"];

    private readonly delegate* unmanaged<int*, int> _version;
    private readonly delegate* unmanaged<UniqueId*, int> _getUniqueId;
    private readonly delegate* unmanaged<nint*, int, UniqueId, int, int> _initRank;
    private readonly delegate* unmanaged<nint, int> _destroy;
    private readonly delegate* unmanaged<nint, int> _abort;
    private readonly delegate* unmanaged<nint, int*, int> _asyncError;
    private readonly delegate* unmanaged<int, nint> _errorText;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> _allReduce;
    private readonly delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> _broadcast;
    private readonly delegate* unmanaged<nint, nint, nuint, int, nint, nint, int> _allGather;

    private NcclLibrary(string name, nint library)
    {
        Name = name;
        nint Function(string function) => NativeLibrary.GetExport(library, function);
        _version = (delegate* unmanaged<int*, int>)Function("ncclGetVersion");
        _getUniqueId = (delegate* unmanaged<UniqueId*, int>)Function("ncclGetUniqueId");
        _initRank = (delegate* unmanaged<nint*, int, UniqueId, int, int>)Function("ncclCommInitRank");
        _destroy = (delegate* unmanaged<nint, int>)Function("ncclCommDestroy");
        _abort = (delegate* unmanaged<nint, int>)Function("ncclCommAbort");
        _asyncError = (delegate* unmanaged<nint, int*, int>)Function("ncclCommGetAsyncError");
        _errorText = (delegate* unmanaged<int, nint>)Function("ncclGetErrorString");
        _allReduce = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)Function("ncclAllReduce");
        _broadcast = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)Function("ncclBroadcast");
        _allGather = (delegate* unmanaged<nint, nint, nuint, int, nint, nint, int>)Function("ncclAllGather");
    }

    /// <summary>The file that was loaded.</summary>
    public string Name { get; }

    /// <summary>Loads the library.</summary>
    /// <exception cref="NativeRuntimeException">There is none.</exception>
    public static NcclLibrary Load()
    {
        string[] names = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? [named] : Names;
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint library) && NativeLibrary.TryGetExport(library, "ncclCommInitRank", out _))
            {
                return new NcclLibrary(name, library);
            }
        }

        throw new NativeRuntimeException(
            $"NCCL was not found; tried {string.Join(", ", names)}. It comes with libtorch's CUDA build (TorchSharp-cuda-linux), NVIDIA's libnccl2 package or pip's nvidia-nccl-cu12; "
            + $"put its folder on LD_LIBRARY_PATH or name the file in {Variable}.");
    }

    /// <summary>The version, for example 2.27.3.</summary>
    public string Version()
    {
        int code;
        Check(_version(&code), "ncclGetVersion");
        return code >= 10_000 ? $"{code / 10_000}.{code / 100 % 100}.{code % 100}" : $"{code / 1000}.{code / 100 % 10}.{code % 100}";
    }

    public UniqueId NewId()
    {
        UniqueId id;
        Check(_getUniqueId(&id), "ncclGetUniqueId");
        return id;
    }

    public nint Join(UniqueId id, int rank, int worldSize)
    {
        nint communicator;
        Check(_initRank(&communicator, worldSize, id, rank), "ncclCommInitRank");
        return communicator;
    }

    public void AllReduce(nint values, long count, int type, int operation, nint communicator, nint stream) =>
        Check(_allReduce(values, values, (nuint)count, type, operation, communicator, stream), "ncclAllReduce");

    public void Broadcast(nint values, long count, int type, int root, nint communicator, nint stream) =>
        Check(_broadcast(values, values, (nuint)count, type, root, communicator, stream), "ncclBroadcast");

    public void AllGather(nint input, nint output, long count, int type, nint communicator, nint stream) =>
        Check(_allGather(input, output, (nuint)count, type, communicator, stream), "ncclAllGather");

    /// <summary>What went wrong in the background since the start; null for nothing.</summary>
    public string? AsyncError(nint communicator)
    {
        int state;
        Check(_asyncError(communicator, &state), "ncclCommGetAsyncError");
        return state is 0 or InProgress ? null : Text(state);
    }

    public void Destroy(nint communicator) => Check(_destroy(communicator), "ncclCommDestroy");

    public void Abort(nint communicator) => _abort(communicator);

    private string Text(int code) => Marshal.PtrToStringUTF8(_errorText(code)) ?? $"code {code}";

    private void Check(int status, string function)
    {
        if (status is not 0 and not InProgress)
        {
            throw new CollectiveException($"{function} failed: {Text(status)} (code {status}). Set NCCL_DEBUG=INFO to see NCCL's own messages.");
        }
    }

    /// <summary>What the processes of one communicator share; it travels by value.</summary>
    [StructLayout(LayoutKind.Sequential, Size = IdBytes)]
    internal struct UniqueId
    {
        public fixed byte Bytes[IdBytes];
    }
}
