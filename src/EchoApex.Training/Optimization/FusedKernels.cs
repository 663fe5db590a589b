using System.Runtime.InteropServices;
using EchoApex.Core.Runtime;
using static TorchSharp.torch;

namespace EchoApex.Training.Optimization;

/// <summary>
/// Operators of libtorch that TorchSharp does not bind, reached through libtorch's stable C interface to its dispatcher.
/// </summary>
/// <remarks>
/// Arguments travel as 64-bit words: a tensor as an owned handle, a list as an owned list of words, a double by its bits, an
/// absent optional as 0. The call takes over the handles and lists.
/// </remarks>
internal static partial class FusedKernels
{
    private const string Library = "torch_cpu";
    private const long AmsgradOff = 0;
    private const long MaximizeOff = 0;

    private static readonly Lazy<bool> Available = new(Probe);

    /// <summary>Whether the interface is there: libtorch 2.9 or later.</summary>
    public static bool IsAvailable => Available.Value;

    /// <summary>One AdamW step over flat buffers, in place.</summary>
    public static void AdamW(
        Tensor values, Tensor gradients, Tensor mean, Tensor square, long steps, double rate, double decay, AdamWOptions options)
    {
        using var count = tensor((float)steps, device: values.device);
        ReadOnlySpan<long> arguments =
        [
            List(values), List(gradients), List(mean), List(square), List(), List(count),
            Bits(rate), Bits(options.Beta1), Bits(options.Beta2), Bits(decay), Bits(options.Epsilon), AmsgradOff, MaximizeOff, 0, 0,
        ];
        Call("aten::_fused_adamw_", arguments);
    }

    private static void Call(string name, ReadOnlySpan<long> arguments)
    {
        Span<long> stack = stackalloc long[arguments.Length];
        arguments.CopyTo(stack);
        if (aoti_torch_call_dispatcher(name, "", ref MemoryMarshal.GetReference(stack)) != 0)
        {
            throw new NativeRuntimeException($"libtorch refused {name}; its own message is on standard error.");
        }
    }

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);

    private static long List(params ReadOnlySpan<Tensor> tensors)
    {
        Check(torch_new_list_reserve_size((nuint)tensors.Length, out nint list));
        foreach (var item in tensors)
        {
            Check(aoti_torch_new_tensor_handle(item.Handle, out nint handle));
            Check(torch_list_push_back(list, handle));
        }

        return list;
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new NativeRuntimeException("libtorch could not build the arguments of a fused operator.");
        }
    }

    private static bool Probe()
    {
        if (!NativeLibrary.TryLoad(Library, typeof(FusedKernels).Assembly, null, out nint library))
        {
            return false;
        }

        return new[] { nameof(aoti_torch_call_dispatcher), nameof(aoti_torch_new_tensor_handle), nameof(torch_new_list_reserve_size), nameof(torch_list_push_back) }
            .All(name => NativeLibrary.TryGetExport(library, name, out _));
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int aoti_torch_call_dispatcher(string operatorName, string overloadName, ref long stack);

    [LibraryImport(Library)]
    private static partial int aoti_torch_new_tensor_handle(nint tensor, out nint handle);

    [LibraryImport(Library)]
    private static partial int torch_new_list_reserve_size(nuint size, out nint list);

    [LibraryImport(Library)]
    private static partial int torch_list_push_back(nint list, long element);
}
