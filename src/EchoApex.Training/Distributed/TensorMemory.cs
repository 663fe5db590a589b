using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Training.Distributed;

/// <summary>Where a tensor's values lie, for engines that work on memory.</summary>
internal static partial class TensorMemory
{
    /// <summary>The address of the first element, on the tensor's own device.</summary>
    /// <exception cref="ArgumentException">The elements do not lie one after another.</exception>
    public static nint AddressOf(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!tensor.is_contiguous())
        {
            throw new ArgumentException($"A collective call needs a contiguous tensor; this one is [{string.Join(", ", tensor.shape)}] with strides [{string.Join(", ", tensor.stride())}].", nameof(tensor));
        }

        return tensor.numel() == 0 ? 0 : Data(tensor.Handle);
    }

    // Unlike Tensor.storage() it honours the offset of a view.
    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint Data(nint tensor);
}
