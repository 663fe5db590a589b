// Shape legend: R = rows, I, O = input and output features or channels, K = kernel side.
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Runtime;

/// <summary>
/// oneDNN's maps with weights that were put into its own order once, reached through libtorch's stable C interface. For inference
/// alone: no gradient is recorded.
/// </summary>
/// <remarks>Thread safety: packed weights are read only; calls may run on several threads.</remarks>
internal static unsafe partial class DnnlPacking
{
    private const string Library = "torch_cpu";

    private static readonly Lazy<string?> Missing = new(Probe);

    /// <summary>What is done to a result before it is written.</summary>
    public enum Epilogue
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>The exact (erf) GELU.</summary>
        Gelu,

        /// <summary>max(x, 0).</summary>
        Relu,
    }

    /// <summary>Why packing cannot be used on this system; null where it can.</summary>
    public static string? WhyNot => Missing.Value;

    /// <summary>Puts the weight of a linear map into oneDNN's order.</summary>
    /// <param name="weight_OI">float32 or bfloat16 [O, I], contiguous.</param>
    /// <param name="rows">Rows of the inputs to expect; others work too.</param>
    public static Tensor PackLinear(Tensor weight_OI, long rows)
    {
        ulong* stack = stackalloc ulong[2] { Share(weight_OI), Optional((ulong)rows) };
        Call("mkldnn::_reorder_linear_weight\0"u8, stack);
        GC.KeepAlive(weight_OI);
        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    /// <summary>Puts the weight of a convolution into oneDNN's order, for maps whose channels are last in memory.</summary>
    /// <param name="weight_OIKK">float32 or bfloat16 [O, I, K, K], contiguous.</param>
    /// <param name="stride">Of the convolution.</param>
    /// <param name="padding">Of the convolution.</param>
    /// <param name="inputSize">[B, I, H, W] of the inputs to expect; others work too.</param>
    public static Tensor PackConvolution(Tensor weight_OIKK, long stride, long padding, long[] inputSize)
    {
        ulong* stack = stackalloc ulong[6] { Share(weight_OIKK), List(padding, padding), List(stride, stride), List(1, 1), 1, Optional(List(inputSize)) };
        Call("mkldnn::_reorder_convolution_weight\0"u8, stack);
        GC.KeepAlive(weight_OIKK);
        return Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    /// <summary>input W^T + bias, [..., I] to [..., O].</summary>
    public static Tensor Linear(Tensor input, Tensor packed, Tensor bias_O, Epilogue epilogue)
    {
        SignalStacks.Protect();
        nint bias = bias_O.Handle;
        nint result;
        fixed (byte* none = "none\0"u8, gelu = "gelu\0"u8, relu = "relu\0"u8)
        {
            // "none" as the algorithm of "gelu" is the exact one.
            byte* algorithm = none;
            byte* attribute = epilogue == Epilogue.Gelu ? gelu : epilogue == Epilogue.Relu ? relu : none;
            Check(aoti_torch_cpu__linear_pointwise(input.Handle, packed.Handle, &bias, attribute, null, 0, &algorithm, &result), "a linear map", input);
        }

        KeepAlive(input, packed, bias_O);
        return Tensor.UnsafeCreateTensor(result);
    }

    /// <summary>input W^T + bias + summand, [..., I] to [..., O].</summary>
    public static Tensor LinearPlus(Tensor input, Tensor packed, Tensor bias_O, Tensor summand)
    {
        SignalStacks.Protect();
        nint bias = bias_O.Handle;
        nint result;
        fixed (byte* add = "add\0"u8)
        {
            Check(aoti_torch_cpu__linear_pointwise_binary(input.Handle, summand.Handle, packed.Handle, &bias, add, &result), "a linear map with a sum", input);
        }

        KeepAlive(input, packed, bias_O);
        GC.KeepAlive(summand);
        return Tensor.UnsafeCreateTensor(result);
    }

    /// <summary>A convolution, [B, I, H, W] with channels last in memory to [B, O, H', W'] of the same kind.</summary>
    public static Tensor Convolution(Tensor input, Tensor packed, Tensor bias_O, long stride, long padding, Epilogue epilogue)
    {
        SignalStacks.Protect();
        nint bias = bias_O.Handle;
        nint result;
        long* strides = stackalloc long[2] { stride, stride };
        long* paddings = stackalloc long[2] { padding, padding };
        long* dilations = stackalloc long[2] { 1, 1 };
        fixed (byte* none = "none\0"u8, relu = "relu\0"u8)
        {
            byte* algorithm = none;
            byte* attribute = epilogue == Epilogue.Relu ? relu : none;
            Check(aoti_torch_cpu_mkldnn__convolution_pointwise(input.Handle, packed.Handle, &bias, paddings, 2, strides, 2, dilations, 2, 1, attribute, null, 0, &algorithm, &result), "a convolution", input);
        }

        KeepAlive(input, packed, bias_O);
        return Tensor.UnsafeCreateTensor(result);
    }

    // The dispatcher takes the handle's own reference.
    private static ulong Share(Tensor tensor)
    {
        nint handle;
        return aoti_torch_new_tensor_handle(tensor.Handle, &handle) == 0 ? (ulong)handle : throw new NativeRuntimeException("libtorch refused a reference to a tensor.");
    }

    // libtorch deletes it, which is free() in glibc.
    private static ulong Optional(ulong value)
    {
        var place = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *place = value;
        return (ulong)(nint)place;
    }

    private static ulong List(params long[] values)
    {
        nint list;
        Require(torch_new_list_reserve_size((nuint)values.Length, &list));
        foreach (long value in values)
        {
            Require(torch_list_push_back(list, (ulong)value));
        }

        return (ulong)list;
    }

    private static void Call(ReadOnlySpan<byte> operation, ulong* stack)
    {
        fixed (byte* name = operation, overload = "\0"u8)
        {
            Require(aoti_torch_call_dispatcher(name, overload, stack));
        }
    }

    private static void Require(int error)
    {
        if (error != 0)
        {
            throw new NativeRuntimeException("oneDNN refused to put weights into its order; libtorch's own message is on standard error.");
        }
    }

    private static void Check(int error, string what, Tensor input)
    {
        if (error != 0)
        {
            throw new NativeRuntimeException($"oneDNN refused {what} of [{string.Join(", ", input.shape)}]; libtorch's own message is on standard error.");
        }
    }

    private static void KeepAlive(Tensor input, Tensor packed, Tensor bias)
    {
        GC.KeepAlive(input);
        GC.KeepAlive(packed);
        GC.KeepAlive(bias);
    }

    // The conventions are those of libtorch 2.10 on 64-bit Linux with glibc.
    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return $"packed weights are used on Linux x64; this is {RuntimeInformation.RuntimeIdentifier}";
        }

        if (!NativeLibrary.TryLoad(Library, typeof(DnnlPacking).Assembly, null, out nint library))
        {
            return "libtorch_cpu is not loaded";
        }

        string[] needed =
        [
            nameof(aoti_torch_call_dispatcher), nameof(aoti_torch_new_tensor_handle), nameof(torch_new_list_reserve_size), nameof(torch_list_push_back),
            nameof(aoti_torch_cpu__linear_pointwise), nameof(aoti_torch_cpu__linear_pointwise_binary),
            nameof(aoti_torch_cpu_mkldnn__convolution_pointwise),
        ];
        return needed.FirstOrDefault(name => !NativeLibrary.TryGetExport(library, name, out _)) is { } missing ? $"this libtorch has no {missing}" : null;
    }

    [LibraryImport(Library)]
    private static partial int aoti_torch_call_dispatcher(byte* operation, byte* overload, ulong* stack);

    [LibraryImport(Library)]
    private static partial int aoti_torch_new_tensor_handle(nint tensor, nint* result);

    [LibraryImport(Library)]
    private static partial int torch_new_list_reserve_size(nuint size, nint* result);

    [LibraryImport(Library)]
    private static partial int torch_list_push_back(nint list, ulong value);

    [LibraryImport(Library)]
    private static partial int aoti_torch_cpu__linear_pointwise(
        nint input, nint weight, nint* bias, byte* attribute, double** scalars, long scalarCount, byte** algorithm, nint* result);

    [LibraryImport(Library)]
    private static partial int aoti_torch_cpu__linear_pointwise_binary(nint input, nint other, nint weight, nint* bias, byte* attribute, nint* result);

    [LibraryImport(Library)]
    private static partial int aoti_torch_cpu_mkldnn__convolution_pointwise(
        nint input, nint weight, nint* bias, long* padding, long paddingCount, long* stride, long strideCount, long* dilation, long dilationCount,
        long groups, byte* attribute, double** scalars, long scalarCount, byte** algorithm, nint* result);
}
