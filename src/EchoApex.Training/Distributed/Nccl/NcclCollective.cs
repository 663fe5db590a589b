using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed.Mpi;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed.Nccl;

/// <summary>Collective calls over NCCL, in place on this process's GPU.</summary>
/// <remarks>
/// Calls that the computation waits for go into libtorch's own stream, so that they are ordered with it and cost the host no
/// wait; reductions in the background go into a stream of their own, between two events. Errors of the network show in
/// ncclCommGetAsyncError, which every wait of the host asks; then the communicator is aborted and the run ends.
/// <para>
/// The processes find each other through NCCL's own rendezvous where MASTER_ADDR (or NCCL_COMM_ID) is set, else through MPI.
/// </para>
/// <para>Written against NCCL's interface and tested with a stand-in library; see docs/distributed.md for what has run on real GPUs.</para>
/// </remarks>
public sealed partial class NcclCollective : ICollective
{
    private const nint DefaultStream = 0;
    private const string CommId = "NCCL_COMM_ID";
    private const string PortVariable = "ECHOAPEX_NCCL_PORT";

    private readonly NcclLibrary _nccl;
    private readonly CudaDriver _cuda;
    private readonly CollectiveWatch _watch;
    private readonly Device _device;
    private readonly nint _communicator;
    private readonly nint _side;
    private long _calls;
    private MpiLibrary? _mpi;
    private bool _disposed;

    /// <summary>Joins the other processes.</summary>
    /// <param name="launch">What the launcher said.</param>
    /// <param name="device">This process's GPU.</param>
    /// <param name="watch">Time-out and who is missing; null for the defaults.</param>
    /// <exception cref="NativeRuntimeException">NCCL or the driver is missing.</exception>
    /// <exception cref="ConfigurationException">The processes have no way to find each other.</exception>
    /// <exception cref="CollectiveException">NCCL reports a fault.</exception>
    public NcclCollective(LaunchEnvironment launch, Device device, CollectiveWatch? watch = null)
    {
        ArgumentNullException.ThrowIfNull(launch);
        ArgumentNullException.ThrowIfNull(device);
        (Rank, WorldSize, _device, _watch) = (launch.Rank, launch.WorldSize, device, watch ?? new CollectiveWatch());
        _nccl = NcclLibrary.Load();
        _cuda = CudaDriver.Load();

        // Makes the GPU's context current on this thread, which NCCL takes the device from.
        using (zeros([1], float32, device))
        {
            _communicator = _nccl.Join(Meet(launch), Rank, WorldSize);
        }

        _side = _cuda.NewStream();
        Description = $"NCCL {_nccl.Version()} ({_nccl.Name})";
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int WorldSize { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public long Calls => Interlocked.Read(ref _calls);

    /// <inheritdoc/>
    public void AllReduce(Tensor tensor, ReduceOperation operation)
    {
        Begin(tensor);
        _nccl.AllReduce(TensorMemory.AddressOf(tensor), tensor.numel(), TypeOf(tensor), CodeOf(operation, tensor), _communicator, DefaultStream);
    }

    /// <inheritdoc/>
    public IPendingReduction BeginAllReduce(Tensor tensor, ReduceOperation operation)
    {
        Begin(tensor);
        _cuda.Order(DefaultStream, _side);
        _nccl.AllReduce(TensorMemory.AddressOf(tensor), tensor.numel(), TypeOf(tensor), CodeOf(operation, tensor), _communicator, _side);
        return new Reduction(this, Calls);
    }

    /// <inheritdoc/>
    public void Broadcast(Tensor tensor, int root = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(root);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(root, WorldSize);
        Begin(tensor);
        _nccl.Broadcast(TensorMemory.AddressOf(tensor), tensor.numel() * tensor.ElementSize, NcclLibrary.Uint8, root, _communicator, DefaultStream);
    }

    /// <inheritdoc/>
    public void AllGather(Tensor input, Tensor output)
    {
        Begin(input);
        ArgumentNullException.ThrowIfNull(output);
        if (output.dtype != input.dtype || output.numel() != input.numel() * WorldSize)
        {
            throw new ArgumentException($"The gathered tensor needs {input.numel() * WorldSize} elements of {input.dtype}; it has {output.numel()} of {output.dtype}.", nameof(output));
        }

        _nccl.AllGather(TensorMemory.AddressOf(input), TensorMemory.AddressOf(output), input.numel() * input.ElementSize, NcclLibrary.Uint8, _communicator, DefaultStream);
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        using (var one = ones([1], float32, _device))
        {
            AllReduce(one, ReduceOperation.Sum);
        }

        WaitFor(DefaultStream, nameof(Barrier), Calls);
    }

    /// <inheritdoc/>
    public void Abort(int exitCode)
    {
        _nccl.Abort(_communicator);
        ExitAtOnce(exitCode);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _cuda.Destroy(_side);
        _nccl.Destroy(_communicator);

        // mpirun takes a process that initialised MPI and ends without finalising it for a crash.
        _mpi?.FinalizeOnce();
    }

    private void Begin(Tensor tensor)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.device_type != _device.type)
        {
            throw new ArgumentException($"NCCL works on GPU tensors; this one is on {tensor.device}. For CPU tensors use the MPI engine.", nameof(tensor));
        }

        Interlocked.Increment(ref _calls);
    }

    private void WaitFor(nint stream, string call, long number) => _watch.Wait(
        () =>
        {
            if (_nccl.AsyncError(_communicator) is { } fault)
            {
                _nccl.Abort(_communicator);
                throw new CollectiveException($"{call} (call {number}): NCCL reports {fault}. {_watch.Look?.Invoke()}");
            }

            return _cuda.IsDone(stream);
        },
        call,
        number);

    private NcclLibrary.UniqueId Meet(LaunchEnvironment launch)
    {
        if (Environment.GetEnvironmentVariable(CommId) is null)
        {
            string? address = Environment.GetEnvironmentVariable("MASTER_ADDR");
            if (address is null)
            {
                return launch.IsMpiLaunch ? MeetOverMpi(launch) : throw new ConfigurationException("environment", "the processes cannot find each other: MASTER_ADDR is not set. Start with mpirun or torchrun, or export MASTER_ADDR, the machine of process 0.");
            }

            // torchrun's own store listens on MASTER_PORT; NCCL takes the next one.
            string port = Environment.GetEnvironmentVariable(PortVariable)
                ?? ((int.TryParse(Environment.GetEnvironmentVariable("MASTER_PORT"), out int master) ? master : 29500) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
            _ = SetVariable(CommId, $"{address}:{port}", 1);
        }

        return _nccl.NewId();
    }

    // MPI only carries the 128 bytes; it stays up until the process ends, because the launcher watches it.
    private unsafe NcclLibrary.UniqueId MeetOverMpi(LaunchEnvironment launch)
    {
        var mpi = MpiLibrary.Load(launch);
        mpi.Initialize();
        _mpi = mpi;
        if (mpi.SizeOf(mpi.Abi.World) != launch.WorldSize)
        {
            throw new CollectiveException(
                $"{launch.Launcher} started {launch.WorldSize} processes, but the MPI library {mpi.Name} sees {mpi.SizeOf(mpi.Abi.World)}. Export MASTER_ADDR, the machine of process 0, so that NCCL finds them without MPI; "
                + $"or start with this library's own launcher (srun --mpi=pmix, mpirun), or name the launcher's library in {MpiLibrary.Variable}.");
        }

        var id = launch.Rank == 0 ? _nccl.NewId() : default;
        mpi.Broadcast(id.Bytes, NcclLibrary.IdBytes, mpi.Abi.Byte, 0, mpi.Abi.World);
        return id;
    }

    private static int TypeOf(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => NcclLibrary.Float32,
        ScalarType.Float64 => NcclLibrary.Float64,
        ScalarType.BFloat16 => NcclLibrary.Bfloat16,
        ScalarType.Int64 => NcclLibrary.Int64,
        _ => throw new ArgumentException($"{tensor.dtype} cannot be reduced: take float32, float64, bfloat16 or int64.", nameof(tensor)),
    };

    private static int CodeOf(ReduceOperation operation, Tensor tensor) => operation switch
    {
        ReduceOperation.Sum => NcclLibrary.Sum,
        ReduceOperation.Maximum => NcclLibrary.Maximum,
        ReduceOperation.Minimum => NcclLibrary.Minimum,
        _ when tensor.dtype == int64 => throw new ArgumentException("Whole numbers have no average; reduce their sum.", nameof(tensor)),
        _ => NcclLibrary.Average,
    };

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);

    // The computation's stream waits for the side stream; the host does not.
    private sealed class Reduction(NcclCollective owner, long number) : IPendingReduction
    {
        public void Wait()
        {
            if (owner._nccl.AsyncError(owner._communicator) is { } fault)
            {
                throw new CollectiveException($"{nameof(BeginAllReduce)} (call {number}): NCCL reports {fault}.");
            }

            owner._cuda.Order(owner._side, DefaultStream);
        }
    }
}
