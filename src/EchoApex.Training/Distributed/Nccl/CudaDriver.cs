using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;

namespace EchoApex.Training.Distributed.Nccl;

/// <summary>Streams and events of the CUDA driver, which TorchSharp does not offer: so that reductions run beside the computation.</summary>
/// <remarks>libcuda.so.1 comes with every NVIDIA driver. A driver stream is a runtime stream, and 0 is libtorch's own.</remarks>
internal sealed unsafe class CudaDriver
{
    /// <summary>Names the library to load.</summary>
    public const string Variable = "ECHOAPEX_CUDA_LIBRARY";

    private const uint NonBlocking = 1;
    private const uint NoTiming = 2;

    private readonly delegate* unmanaged<nint*, uint, int> _streamCreate;
    private readonly delegate* unmanaged<nint, int> _streamDestroy;
    private readonly delegate* unmanaged<nint, int> _streamQuery;
    private readonly delegate* unmanaged<nint, nint, uint, int> _streamWait;
    private readonly delegate* unmanaged<nint*, uint, int> _eventCreate;
    private readonly delegate* unmanaged<nint, int> _eventDestroy;
    private readonly delegate* unmanaged<nint, nint, int> _eventRecord;

    private CudaDriver(nint library)
    {
        nint Function(string function) => NativeLibrary.GetExport(library, function);
        _streamCreate = (delegate* unmanaged<nint*, uint, int>)Function("cuStreamCreate");
        _streamDestroy = (delegate* unmanaged<nint, int>)Function("cuStreamDestroy_v2");
        _streamQuery = (delegate* unmanaged<nint, int>)Function("cuStreamQuery");
        _streamWait = (delegate* unmanaged<nint, nint, uint, int>)Function("cuStreamWaitEvent");
        _eventCreate = (delegate* unmanaged<nint*, uint, int>)Function("cuEventCreate");
        _eventDestroy = (delegate* unmanaged<nint, int>)Function("cuEventDestroy_v2");
        _eventRecord = (delegate* unmanaged<nint, nint, int>)Function("cuEventRecord");
    }

    /// <summary>Loads the driver.</summary>
    /// <exception cref="NativeRuntimeException">There is none.</exception>
    public static CudaDriver Load()
    {
        string name = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        return NativeLibrary.TryLoad(name, out nint library)
            ? new CudaDriver(library)
            : throw new NativeRuntimeException($"The CUDA driver ({name}) does not load. Install NVIDIA's driver; inside a container start it with the GPUs shown (docker run --gpus all).");
    }

    public nint NewStream()
    {
        nint stream;
        Check(_streamCreate(&stream, NonBlocking), "cuStreamCreate");
        return stream;
    }

    /// <summary>Makes one stream wait for what another has been given so far.</summary>
    public void Order(nint before, nint after)
    {
        nint mark;
        Check(_eventCreate(&mark, NoTiming), "cuEventCreate");
        Check(_eventRecord(mark, before), "cuEventRecord");
        Check(_streamWait(after, mark, 0), "cuStreamWaitEvent");

        // The driver keeps it until the wait is over.
        Check(_eventDestroy(mark), "cuEventDestroy");
    }

    /// <summary>Whether a stream has done all it was given.</summary>
    public bool IsDone(nint stream)
    {
        const int notReady = 600;
        int status = _streamQuery(stream);
        if (status != notReady)
        {
            Check(status, "cuStreamQuery");
        }

        return status == 0;
    }

    public void Destroy(nint stream) => Check(_streamDestroy(stream), "cuStreamDestroy");

    private static void Check(int status, string function)
    {
        if (status != 0)
        {
            throw new CollectiveException($"{function} failed with CUDA driver code {status}.");
        }
    }
}
