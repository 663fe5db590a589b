// Shape legend: R = rows, I, O = input and output features.
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Runtime;

/// <summary>
/// oneDNN's linear map, reached through libtorch's stable C interface. In float32 on the CPU libtorch's own
/// <c>linear</c> goes to MKL, which leaves AVX-512 unused on processors that Intel did not make: half the speed.
/// </summary>
/// <remarks>No gradient is recorded here; <see cref="Layers.Linear"/> does that.</remarks>
internal static unsafe partial class DnnlLinear
{
    private const string Library = "torch_cpu";

    private static readonly Lazy<bool> Available = new(Probe);

    /// <summary>What is done to the result before it is written.</summary>
    public enum Epilogue
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>The exact (erf) GELU.</summary>
        Gelu,
    }

    /// <summary>Whether <see cref="Apply"/> can and should be used: float32 on the CPU, and at least one row.</summary>
    public static bool Serves(Tensor input, Tensor weight) =>
        input.device_type == DeviceType.CPU && input.dtype == ScalarType.Float32 && weight.dtype == ScalarType.Float32
        && input.dim() >= 2 && input.NumberOfElements > 0 && input.shape[^1] == weight.shape[1] && Available.Value;

    /// <summary>input W^T + bias.</summary>
    /// <param name="input">[..., I]; a copy is made when it is not contiguous.</param>
    /// <param name="weight_OI">[O, I]; may be a transposed view. A copy is made when its rows, or columns, do not follow each other: oneDNN takes its slow reference code for those.</param>
    /// <param name="bias_O">[O], or null.</param>
    /// <param name="epilogue">What follows in the same pass.</param>
    /// <returns>[..., O].</returns>
    public static Tensor Apply(Tensor input, Tensor weight_OI, Tensor? bias_O, Epilogue epilogue = Epilogue.None)
    {
        SignalStacks.Protect();
        using var dense_OI = IsDense(weight_OI) ? null : weight_OI.contiguous();
        weight_OI = dense_OI ?? weight_OI;
        nint bias = bias_O?.Handle ?? 0;
        nint result;
        fixed (byte* none = "none\0"u8, gelu = "gelu\0"u8)
        {
            // The algorithm "none" of "gelu" is the exact one; "tanh" would be the approximation.
            byte* algorithm = none;
            int error = aoti_torch_cpu__linear_pointwise(
                input.Handle, weight_OI.Handle, bias_O is null ? null : &bias, epilogue == Epilogue.Gelu ? gelu : none, null, 0, &algorithm, &result);
            GC.KeepAlive(input);
            GC.KeepAlive(weight_OI);
            GC.KeepAlive(bias_O);
            if (error != 0)
            {
                throw new NativeRuntimeException(
                    $"oneDNN refused a linear map of [{string.Join(", ", input.shape)}] by [{string.Join(", ", weight_OI.shape)}]; libtorch's own message is on standard error.");
            }
        }

        return Tensor.UnsafeCreateTensor(result);
    }

    private static bool IsDense(Tensor weight_OI)
    {
        var (outputs, inputs) = (weight_OI.shape[0], weight_OI.shape[1]);
        long[] stride = weight_OI.stride();
        return (stride[1] == 1 && stride[0] == inputs) || (stride[0] == 1 && stride[1] == outputs);
    }

    // The convention of the call is that of libtorch 2.10 on 64-bit systems; oneDNN gains on x64 alone.
    private static bool Probe() =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64
        && NativeLibrary.TryLoad(Library, typeof(DnnlLinear).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, nameof(aoti_torch_cpu__linear_pointwise), out _);

    [LibraryImport(Library)]
    private static partial int aoti_torch_cpu__linear_pointwise(
        nint input, nint weight, nint* bias, byte* attribute, double** scalars, long scalarCount, byte** algorithm, nint* result);
}
